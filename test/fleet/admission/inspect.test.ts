/** A service by URL that is not registered is asked what it offers, and nothing else happens. */

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { nameOf } from "../../../src/domain/admission/definition-texts.ts"
import { readServiceFile, type ServiceDefinition } from "../../../src/domain/services/service.ts"
import { startService } from "../../journeys/scripted-service.ts"
import { refusal } from "../../operations/operations-kit.ts"
import { openFleet, toolNames, until } from "../fleet-kit.ts"

function define(raw: object): ServiceDefinition {
  const [definition] = readServiceFile("newcomer", raw)
  assert.ok(definition)
  return definition
}

const asksNothingElse = {
  modern: ["server/discover", "tools/list"],
  legacy: ["initialize", "notifications/initialized", "tools/list", "server/discover"],
}

for (const era of ["modern", "legacy"] as const) {
  test(`AGT-03 a ${era} service tells what it offers, is asked nothing else, and is not kept`, async (t) => {
    const tools = ["add", "subtract"].map((name) => ({ name, description: "Calculates." }))
    const service = await startService({ tools, era, pageSize: 1 })
    t.after(() => service.close())
    const { fleet } = await openFleet(t, {})
    const definitions = await fleet.inspect(define({ url: service.url }))
    assert.deepEqual(
      definitions.items.tools.map((item) => nameOf("tools", item)),
      ["add", "subtract"],
    )
    const methods = new Set(service.seen.map(({ message }) => message.method))
    assert.deepEqual([...methods].filter((method) => !asksNothingElse[era].includes(method ?? "")), []) // oxfmt-ignore
    assert.deepEqual([fleet.status(), toolNames(fleet, "newcomer")], [[], []])
  })
}

test("AGT-03 a program is never started to be inspected", async (t) => {
  const { fleet, folder } = await openFleet(t, {})
  const mark = join(folder, "started")
  const program = define({
    command: process.execPath,
    args: ["-e", `fs.writeFileSync(${JSON.stringify(mark)}, "")`],
  })
  await assert.rejects(() => fleet.inspect(program), refusal("conflict", /approved and started/))
  assert.equal(existsSync(mark), false)
})

test("an address where nobody listens is told, with what to do", async (t) => {
  const server = await listen(t, () => {})
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  const { fleet } = await openFleet(t, {})
  await assert.rejects(
    () => fleet.inspect(define({ url: `http://127.0.0.1:${port}/mcp` })),
    refusal("service_unavailable"),
  )
})

test("a list without end is cut off at the gateway's limits, and the connection is closed", async (t) => {
  const tools = Array.from({ length: 50 }, (_, at) => ({ name: `tool_${at}` }))
  const service = await startService({ tools, pageSize: 1 })
  t.after(() => service.close())
  const { fleet } = await openFleet(t, {}, { limits: { pages: 5 } })
  await assert.rejects(
    () => fleet.inspect(define({ url: service.url })),
    refusal("service_unavailable", /limits.pages/),
  )
  assert.ok(service.seen.length < 20)
})

test("no connection stays open after an inspection", async (t) => {
  const service = await startService({ tools: [{ name: "add" }], era: "legacy" })
  t.after(() => service.close())
  let open = 0
  const proxy = await listen(t, () => {}, () => (open += 1), () => (open -= 1)) // oxfmt-ignore
  proxy.on("request", (request, response) => {
    const { method, headers } = request
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = method === "POST" ? { body: Buffer.concat(chunks) } : {}
      const sent = { "content-type": "application/json", accept: headers.accept ?? "*/*" }
      void fetch(service.url, { method: method ?? "GET", headers: sent, ...body })
        .then(async (answer) =>
          response
            .writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" })
            .end(await answer.text()),
        )
        .catch(() => response.destroy())
    })
  })
  const { fleet } = await openFleet(t, {})
  const { port } = proxy.address() as AddressInfo
  await fleet.inspect(define({ url: `http://127.0.0.1:${port}/mcp` }))
  await until("every connection is closed", () => open === 0)
})

async function listen(
  t: TestContext,
  answer: () => void,
  onOpen: () => void = () => {},
  onClose: () => void = () => {},
): Promise<Server> {
  const server = createServer(answer)
  server.on("connection", (socket) => {
    onOpen()
    socket.on("close", onClose)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}
