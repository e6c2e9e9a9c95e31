/**
 * The ground of the secrets journey: a gateway with a canary of every kind, services that tell all they were told,
 * files that are broken and hold secrets, and receivers of its log that fail at first. What receivers were sent is kept
 * beside what the gateway wrote.
 */

import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { appendFileSync } from "node:fs"
import { mkdir, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { createServer as createTlsServer } from "node:tls"
import { makeCertificate } from "../../sinks/certificate.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn } from "../../support/process.ts"

export type Ground = {
  readonly gateway: TestGateway
  readonly secrets: Secrets
  /** Where all is kept that the journey itself was told. */
  readonly kept: string
  close(): Promise<void>
}

export type Secrets = Readonly<Record<(typeof kinds)[number], string>>

/** Beside those that every watched gateway has: test/support/canaries.ts. */
const kinds = [
  "webToken",
  "webLiteral",
  "queryLiteral",
  "urlPassword",
  "pipeToken",
  "pipeLiteral",
  "otherToken",
  "unsendable",
  "noUrl",
  "brokenJson",
  "brokenField",
  "brokenEnv",
  "password",
  "wrongPassword",
  "wrongKey",
  "cookie",
  "argument",
  "imported",
] as const

const script = join(root, "test/faults/secrets/tattling-service.ts")

export async function openGround(folder: string): Promise<Ground> {
  const drawn = kinds.map((kind) => [kind, randomBytes(24).toString("base64url")] as const)
  const secrets = Object.fromEntries(drawn) as Secrets
  const kept = join(folder, "told")
  for (const made of [kept, join(folder, "temporary")]) await mkdir(made, { recursive: true })
  const service = await start({ args: [script], ready: /^listening / })
  const [webhook, syslog] = [await openWebhook(join(kept, "webhook")), await openSyslog(join(kept, "syslog"))]
  await writeFile(join(folder, "syslog-ca.pem"), syslog.ca)
  const gateway = await startGateway({
    canaries: folder,
    services: definitions(urlIn(service.line), secrets),
    args: sinkArguments({
      webhook: portOf(webhook),
      syslog: portOf(syslog.server),
      ca: join(folder, "syslog-ca.pem"),
    }),
    env: {
      TMPDIR: join(folder, "temporary"),
      MCP_META_SECRET_WEB_TOKEN: secrets.webToken,
      MCP_META_SECRET_URL_PASSWORD: secrets.urlPassword,
      MCP_META_SECRET_UNSENDABLE: `${secrets.unsendable}\r\nx: y`,
      MCP_META_SECRET_NO_URL: `http://ann:${secrets.noUrl}@[::x]/`,
      MCP_META_SECRET_PIPE_TOKEN: secrets.pipeToken,
      MCP_META_SECRET_OTHER_TOKEN: secrets.otherToken,
    },
  })
  const close = async (): Promise<void> => {
    await gateway.stop()
    await service.stop()
    for (const server of [webhook, syslog.server]) await once(server.close(), "close")
  }
  return { gateway, secrets, kept, close }
}

function definitions(origin: string, secrets: Secrets): Readonly<Record<string, unknown>> {
  const authorization = "Bearer ${secret:WEB_TOKEN}"
  const own = { "x-api-key": secrets.webLiteral }
  const pipe = { command: process.execPath, args: [script, "--stdio"], audit: { payloads: "redacted" } }
  const address = origin.replace("http://", "")
  return {
    web: { url: `${origin}/mcp?api_key=${secrets.queryLiteral}`, headers: { authorization, ...own } },
    socket: { url: `ws://ann:\${secret:URL_PASSWORD}@${address}/` },
    pipe: { ...pipe, env: { API_TOKEN: "${secret:PIPE_TOKEN}", PASSWORD: secrets.pipeLiteral } },
    other: { ...pipe, env: { API_TOKEN: "${secret:OTHER_TOKEN}" } },
    crashing: { command: process.execPath, args: [script, "--crash"], env: { A_TOKEN: "${secret:PIPE_TOKEN}" } },
    ...Object.fromEntries(
      ["302", "401", "429", "500"].map((status) => [
        `answers-${status}`,
        { url: `${origin}/${status}?token=${secrets.queryLiteral}`, headers: { authorization } },
      ]),
    ),
    nowhere: { url: `http://ann:\${secret:URL_PASSWORD}@127.0.0.1:9/`, headers: { authorization } },
    ...Object.fromEntries(
      ["http", "sse", "websocket"].flatMap((type) => [
        [`unsendable-${type}`, { type, url: origin, headers: { authorization: "Bearer ${secret:UNSENDABLE}" } }],
        [`no-url-${type}`, { type, url: "${secret:NO_URL}" }],
      ]),
    ),
    missing: { command: "node", env: { A: "${secret:NOT_THERE}", PASSWORD: secrets.pipeLiteral } },
    field: { command: "node", apiKey: secrets.brokenField },
    headers: { url: origin, headers: { authorization: `Bearer\n${secrets.brokenField}` } },
    env: { command: "node", env: { TOKEN: [secrets.brokenEnv], [`BAD ${secrets.brokenEnv}`]: "x" } },
  }
}

/** As an editor leaves a file half written. */
export function brokenFile({ brokenJson }: Secrets): string {
  return `{"command": "node", "env": {"TOKEN": "${brokenJson}" "X": ${brokenJson}`
}

type Sinks = { readonly webhook: number; readonly syslog: number; readonly ca: string }

function sinkArguments({ webhook, syslog, ca }: Sinks): readonly string[] {
  const file = ["--audit-file-path", "entries.jsonl", "--audit-payloads", "redacted"]
  const post = ["--audit-webhook-url", `http://127.0.0.1:${webhook}/in`]
  const send = ["--audit-syslog-host", "127.0.0.1", "--audit-syslog-port", String(syslog), "--audit-syslog-ca", ca]
  return [...file, ...post, ...send]
}

/** Says what it was sent, headers and all, while it fails. */
async function openWebhook(file: string): Promise<Server> {
  let posts = 0
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const told = JSON.stringify({ headers: request.headers, body })
      appendFileSync(file, told)
      posts += 1
      return posts < 3 ? response.writeHead(500).end(told) : response.writeHead(204).end()
    })
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return server
}

async function openSyslog(file: string): Promise<{ readonly server: Server; readonly ca: string }> {
  const certificate = makeCertificate("127.0.0.1")
  const server = createTlsServer(certificate, (socket) => {
    socket.on("error", () => {}).on("data", (chunk: Buffer) => appendFileSync(file, chunk))
  }) as unknown as Server
  await once(server.listen(0, "127.0.0.1"), "listening")
  return { server, ca: certificate.cert }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
