import assert from "node:assert/strict"
import { test } from "node:test"
import {
  connect,
  discovered,
  exchange,
  http,
  initialized,
  json,
  legacy,
  refusal,
  request,
  result,
  scripted,
  serve,
  type Served,
} from "./link-kit.ts"

const html = ({ response }: Served, status: number): unknown =>
  response.writeHead(status, { "content-type": "text/html" }).end("<html>")

/** What the service says to the modern question -> the era found. A second word is what follows. */
const answersOfHttp: Record<string, [(served: Served) => unknown, "modern" | "legacy" | RegExp]> = {
  "a discovery": [({ response, said }) => json(response, result(said.id, discovered)), "modern"],
  "an unknown method under 200": [({ response, said }) => json(response, refusal(said.id, -32601)), "legacy"],
  "an empty result": [({ response, said }) => json(response, result(said.id, {})), "legacy"],
  "400 for want of a session": [({ response }) => json(response, refusal(null, -32000), 400), "legacy"],
  "400 with a page": [(served) => html(served, 400), "legacy"],
  "404": [(served) => html(served, 404), "legacy"],
  "405": [(served) => html(served, 405), "legacy"],
  "406 with other JSON": [({ response }) => json(response, '{"error":"no"}', 406), "legacy"],
  "other revisions, among them old ones": [
    ({ response, said }) =>
      json(response, refusal(said.id, -32022, { supported: ["2027-01-01", "2025-06-18"] }), 400),
    "legacy",
  ],
  "other revisions only": [
    ({ response, said }) => json(response, refusal(said.id, -32022, { supported: ["2027-01-01"] }), 400),
    /speaks only 2027-01-01; this gateway speaks 2026-07-28, 2025-11-25/,
  ],
  "a discovery of other revisions only": [
    ({ response, said }) => json(response, result(said.id, { ...discovered, supportedVersions: ["2027-01-01"] })),
    /speaks only 2027-01-01/,
  ],
  "headers that mismatch": [
    ({ response, said }) => json(response, refusal(said.id, -32020), 400),
    /refused our discovery/,
  ],
  "401": [(served) => html(served, 401), /credential/],
  "403": [(served) => html(served, 403), /credential/],
  "429": [(served) => html(served, 429), /no more requests/],
  "500": [(served) => html(served, 500), /HTTP 500/],
  "503": [({ response, said }) => json(response, refusal(said.id, -32601), 503), /HTTP 503/],
  "a redirect": [({ response }) => response.writeHead(302, { location: "/other" }).end(), /redirects to \/other,/],
  "a page under 200": [(served) => html(served, 200), /text\/html/],
  nothing: [({ response }) => response.destroy(), /broke/],
}

for (const [name, [play, expected]] of Object.entries(answersOfHttp)) {
  test(`over HTTP, ${name} to the modern question means: ${expected}`, async (t) => {
    const url = await serve(t, (served) => {
      const { response, said } = served
      if (said.method === "server/discover") return play(served)
      return said.method === "initialize"
        ? json(response, result(said.id, initialized))
        : response.writeHead(said.method === undefined ? 405 : 202).end()
    })
    if (expected instanceof RegExp)
      return assert.rejects(connect(t, http(url)), { name: "GatewayError", message: expected })
    const link = await connect(t, http(url)).catch((thrown: unknown) => Promise.reject(new Error(String(thrown))))
    assert.equal(link.facts.era, expected)
  })
}

test("an endpoint that knows neither era hints at the old transport", async (t) => {
  for (const status of [400, 404, 405]) {
    const url = await serve(t, (served) => html(served, status))
    await assert.rejects(connect(t, http(url)), { code: "service_unavailable", detail: { status, hint: "sse" } })
  }
})

test("with a hint nothing is probed, and a wrong hint heals, over HTTP", async (t) => {
  const seen: unknown[] = []
  const modern = await serve(t, ({ response, said }) => {
    seen.push(said.method)
    return said.method === "server/discover"
      ? json(response, result(said.id, discovered))
      : json(response, refusal(said.id, -32022), 400)
  })
  const old = await serve(t, ({ response, said }) => {
    seen.push(said.method ?? "GET")
    if (said.method === "initialize") return json(response, result(said.id, initialized))
    return said.id === undefined
      ? response.writeHead(said.method ? 202 : 405).end()
      : json(response, refusal(null, -32000), 400)
  })
  const found = async (url: string, eraHint: "legacy" | "modern") => {
    seen.length = 0
    return [(await connect(t, http(url), { eraHint })).facts.era, ...seen]
  }
  assert.deepEqual(await found(modern, "modern"), ["modern", "server/discover"])
  assert.deepEqual(await found(modern, "legacy"), ["modern", "initialize", "server/discover"])
  assert.deepEqual(await found(old, "legacy"), ["legacy", "initialize", "notifications/initialized", "GET"])
  assert.deepEqual(await found(old, "modern"), [
    "legacy",
    "server/discover",
    "initialize",
    "notifications/initialized",
    "GET",
  ])
})

test("with a hint nothing is probed, and a wrong hint heals, over a pipe", async (t) => {
  const modern = scripted(t, ({ id, method }, say) =>
    say(method === "server/discover" ? result(id, discovered) : refusal(id, -32022)),
  )
  const old = scripted(
    t,
    legacy(() => {}),
  )
  for (const [service, eraHint, era, methods] of [
    [modern, "modern", "modern", ["server/discover"]],
    [modern, "legacy", "modern", ["initialize", "server/discover"]],
    [old, "legacy", "legacy", ["initialize"]],
    [old, "modern", "legacy", ["server/discover", "initialize"]],
  ] as const) {
    service.said.length = 0
    assert.equal((await connect(t, service.target, { eraHint })).facts.era, era)
    assert.deepEqual(
      service.said.map(({ method }) => method).filter((method) => method !== "notifications/initialized"),
      methods,
    )
  }
})

test("a service that is silent or ends at the modern question is legacy; one that ended is started again", async (t) => {
  const silent = scripted(t, ({ id, method }, say) => method === "initialize" && say(result(id, initialized)))
  assert.equal((await connect(t, silent.target, { probeTimeoutMs: 20 })).facts.era, "legacy")
  assert.equal(silent.opened(), 1)
  const touchy = scripted(t, ({ id, method }, say, end) =>
    method === "server/discover" ? end() : id !== undefined && say(result(id, initialized)),
  )
  const link = await connect(t, touchy.target)
  assert.equal(link.facts.era, "legacy")
  assert.equal(touchy.opened(), 2)
  await link.ping(AbortSignal.timeout(5_000))
})

test("a modern service that starts too slowly for the probe is found all the same", async (t) => {
  let questions = 0
  const slow = scripted(t, ({ id, method }, say) => {
    if (method === "server/discover" && ++questions > 1) say(result(id, discovered))
    if (method === "initialize") say(refusal(id, -32022))
  })
  assert.equal((await connect(t, slow.target, { probeTimeoutMs: 20 })).facts.era, "modern")
})

test("a service that refuses both eras, or speaks an unknown revision, is named as such", async (t) => {
  const deaf = scripted(t, ({ id }, say) => say(refusal(id, -32601)))
  await assert.rejects(connect(t, deaf.target), {
    code: "service_unavailable",
    message: /refused to be initialized \(-32601\)/,
    detail: { rpc: -32601 },
  })
  const future = scripted(t, ({ id, method }, say) =>
    say(
      method === "initialize"
        ? result(id, { ...initialized, protocolVersion: "1999-01-01" })
        : refusal(id, -32601),
    ),
  )
  await assert.rejects(connect(t, future.target), { code: "service_unavailable", message: /1999-01-01/ })
})

test("the handshake has one deadline, over a pipe and over HTTP", async (t) => {
  const mute = scripted(t, () => {})
  await assert.rejects(connect(t, mute.target, { connectTimeoutMs: 60, probeTimeoutMs: 20 }), { code: "timeout" })
  const hanging = await serve(t, () => {})
  await assert.rejects(connect(t, http(hanging), { connectTimeoutMs: 60 }), { code: "timeout" })
  const never = { kind: "channel", open: () => new Promise<never>(() => {}) } as const
  await assert.rejects(connect(t, never, { connectTimeoutMs: 60 }), { code: "timeout" })
})

test("a url that cannot be one is refused before anything is sent", async (t) => {
  for (const url of ["ftp://x/", "nonsense", "unix:///socket-without-path"])
    await assert.rejects(connect(t, http(url)), { code: "invalid" })
})

test("every legacy revision that a service chooses is spoken", async (t) => {
  for (const protocolVersion of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    const service = scripted(t, ({ id, method }, say) => {
      if (id !== undefined)
        say(
          method === "initialize"
            ? result(id, { ...initialized, protocolVersion })
            : method === "tools/list"
              ? result(id, { tools: [] })
              : refusal(id, -32601),
        )
    })
    const link = await connect(t, service.target)
    assert.equal(link.facts.revision, protocolVersion)
    assert.ok((await link.handle(request("tools/list"), exchange())).result)
  }
})
