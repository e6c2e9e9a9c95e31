/** Services that quote what they were told in confidence: what of it reaches a caller, other services, and a rotation. */
import assert from "node:assert/strict"
import { readFile, writeFile, mkdir } from "node:fs/promises"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { openPeer, type Peer } from "./peer.ts"

const limit = { timeout: 120_000 }
const script = join(root, "test/faults/secrets/tattling-service.ts")
const secrets = {
  WEB: "wEb-token-of-4d7f1a09",
  SOCKET: "s0cket-password-8a6b",
  ONE: "0ne-token-cb24e5f1",
  TWO: "tw0-token-93d0ab77",
}
const rotated = "0ne-token-after-the-rotation"

let service: Running
let gateway: TestGateway
let admin: Peer

before(async () => {
  service = await start({ args: [script], ready: /^listening / })
  const url = urlIn(service.line)
  const program = { command: process.execPath, args: [script, "--stdio"] }
  gateway = await startGateway({
    services: {
      web: { url, headers: { authorization: "Bearer ${secret:WEB}" } },
      socket: { url: url.replace("http://", "ws://ann:${secret:SOCKET}@") },
      refusing: { url: `${url}/401`, headers: { authorization: "Bearer ${secret:WEB}" } },
      one: { ...program, env: { TOKEN: "${secret:ONE}" } },
      two: { ...program, env: { TOKEN: "${secret:TWO}" } },
    },
    env: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`MCP_META_SECRET_${name}`, value])),
  })
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await admin?.close()
  await gateway?.stop()
  await service?.stop()
})

/** Once it is up. */
async function say(tool: string, values: object = {}): Promise<string> {
  let said = ""
  await eventually(`${tool} answers`, async () => {
    said = (await admin.tool(tool, values)).text
    return !/service_unavailable|Unknown tool/.test(said)
  })
  return said
}

function assertClear(text: string): void {
  for (const [name, secret] of [...Object.entries(secrets), ["rotated", rotated]] as const) {
    assert.ok(!text.includes(secret), name)
    assert.ok(!text.includes(Buffer.from(`ann:${secret}`).toString("base64")), name)
  }
}

for (const name of ["web", "socket", "one"]) {
  test(
    `SEC-02 SEC-03 the ${name} service quotes its secret in results and errors, and callers see none`,
    limit,
    async () => {
      for (const tool of ["show", "quote", "large"]) {
        const text = await say(`${name}__${tool}`)
        assert.match(text, /\*\*\*/, tool)
        assertClear(text)
      }
      const list = (await admin.call("tools/list")).text
      assertClear(list)
      assert.ok(/Was told [^]{0,4000}\*\*\*/.test(list))
    },
  )
}

test("SEC-03 what a service says when it refuses the credential is not passed on", limit, async () => {
  assertClear((await admin.tool("refusing__show")).text)
  for (const operation of ["diagnose_service", "get_server_details", "healthcheck"])
    for (const name of ["web", "socket", "refusing", "one"])
      assertClear((await admin.tool(operation, { name })).text)
})

test("SEC-05 no program has a secret of another, and none the gateway's own", limit, async () => {
  for (const name of ["one", "two"]) await say(`${name}__show`)
  const [one, two] = [await environmentOf("one"), await environmentOf("two")]
  assert.ok(one.includes(secrets.ONE) && two.includes(secrets.TWO))
  assert.ok(!one.includes(secrets.TWO) && !two.includes(secrets.ONE))
  for (const environment of [one, two]) assert.doesNotMatch(environment, /MCP_META|wEb-token|s0cket-password/)
})

test(
  "SEC-06 a secret that was replaced is in effect with the next start, and the old one stays hidden",
  limit,
  async () => {
    await mkdir(join(gateway.folder, "data/secrets"), { recursive: true, mode: 0o700 })
    await writeFile(join(gateway.folder, "data/secrets/ONE"), rotated, { mode: 0o600 })
    assertClear((await admin.tool("one__crash")).text)
    await eventually("the new one is in effect", async () => (await environmentOf("one")).includes(rotated))
    assert.ok(!(await environmentOf("one")).includes(secrets.ONE))
    for (const text of [secrets.ONE, rotated]) {
      const said = await say("one__repeat", { text })
      assert.match(said, /\*\*\*/)
      assertClear(said)
    }
  },
)

/** Of the program of a service, as the system knows it. */
async function environmentOf(name: string): Promise<string> {
  const ledger = JSON.parse(await readFile(join(gateway.folder, "data/children.json"), "utf8")) as {
    readonly children: readonly { readonly pid: number; readonly name: string }[]
  }
  const pid = ledger.children.find((child) => child.name === name)?.pid ?? 0
  return readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")
}
