import assert from "node:assert/strict"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import type { DiagnosisStep } from "../../../src/domain/diagnosis.ts"
import { openFleet, program } from "../fleet-kit.ts"

async function diagnose(t: TestContext, service: object): Promise<readonly DiagnosisStep[]> {
  const { fleet } = await openFleet(t, { it: service }, { limits: { childStartMs: 3_000 } })
  return fleet.diagnose("it")
}

const outcomes = (steps: readonly DiagnosisStep[]): string[] =>
  steps.map(({ step, ok }) => `${step} ${ok ? "ok" : "failed"}`)

async function listen(t: TestContext, status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end("no"))
  server.listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

test("a healthy program passes every step", async (t) => {
  const steps = await diagnose(t, program("test/fleet/wayward-service.ts"))
  assert.deepEqual(outcomes(steps), ["definition ok", "process ok", "handshake ok", "list ok"])
  assert.match(steps[3]?.message ?? "", /14 tools/)
})

test("a command that is not there fails in its definition", async (t) => {
  const steps = await diagnose(t, { command: "no-such-program-here" })
  assert.deepEqual(outcomes(steps), ["definition failed"])
  assert.match(steps[0]?.message ?? "", /install it, or correct "command"/)
})

test("a placeholder without a value fails in the definition, by its name", async (t) => {
  const steps = await diagnose(t, {
    ...program("test/fleet/wayward-service.ts"),
    env: { TOKEN: "${secret:TOKEN}" },
  })
  assert.deepEqual(outcomes(steps), ["definition failed"])
  assert.match(steps[0]?.message ?? "", /TOKEN is not set/)
})

test("a program that speaks no MCP fails in the handshake, with what it wrote last", async (t) => {
  const steps = await diagnose(t, program("test/fleet/wayward-service.ts", "garbage"))
  assert.deepEqual(outcomes(steps), ["definition ok", "process ok", "handshake failed"])
  assert.match(steps[2]?.message ?? "", /I am a web server, really/)
})

test("a port where nobody listens fails in the connection", async (t) => {
  const url = await listen(t, 200)
  const { port } = new URL(url)
  const closed = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => closed.once("listening", resolve))
  const free = (closed.address() as AddressInfo).port
  await new Promise((resolve) => closed.close(resolve))
  const steps = await diagnose(t, { url: url.replace(port, String(free)) })
  assert.deepEqual(outcomes(steps), ["definition ok", "tcp failed"])
  assert.match(steps[1]?.message ?? "", /ECONNREFUSED.*start the service/)
})

test("a name that nobody knows fails in the DNS", async (t) => {
  const steps = await diagnose(t, { url: "http://no-such-host.invalid/mcp" })
  assert.deepEqual(outcomes(steps), ["definition ok", "dns failed"])
})

test("a credential that is refused fails in a step of its own", async (t) => {
  const steps = await diagnose(t, { url: await listen(t, 401) })
  assert.deepEqual(outcomes(steps), ["definition ok", "tcp ok", "auth failed"])
  assert.match(steps[2]?.message ?? "", /credential/)
})

test("a web server that is no MCP service fails in the handshake", async (t) => {
  const steps = await diagnose(t, { url: await listen(t, 404) })
  assert.deepEqual(outcomes(steps), ["definition ok", "tcp ok", "handshake failed"])
  assert.match(steps[2]?.message ?? "", /url/)
})

test("a port without TLS fails in the handshake of TLS", async (t) => {
  const url = await listen(t, 200)
  const steps = await diagnose(t, { url: url.replace("http:", "https:") })
  assert.deepEqual(outcomes(steps), ["definition ok", "tcp ok", "tls failed"])
})
