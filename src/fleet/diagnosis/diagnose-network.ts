/** The steps of a diagnosis between a url and a connection that can carry MCP: the name, the port, the certificate. */

import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { GatewayError } from "../../errors.ts"
import type { RunStep } from "./run-step.ts"

export type Address =
  | { readonly host: string; readonly port: number; readonly secure: boolean }
  /** A Unix socket. */
  | { readonly path: string }

const stepMs = 5_000
const ports: Readonly<Record<string, number>> = { "http:": 80, "ws:": 80, "https:": 443, "wss:": 443 }

/** @throws GatewayError `invalid` */
export function readAddress(text: string): Address {
  const socket = /^unix:\/\/(\/[^:]+)/.exec(text)?.[1]
  if (socket !== undefined) return { path: socket }
  const url = URL.parse(text)
  const port = url && (Number(url.port) || ports[url.protocol])
  if (!url || !port)
    throw new GatewayError("invalid", "The url cannot be read; correct it in the service's definition.")
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
  return { host, port, secure: url.protocol === "https:" || url.protocol === "wss:" }
}

export async function checkNetwork(address: Address, run: RunStep): Promise<void> {
  if ("host" in address && isIP(address.host) === 0) {
    const resolve = (): Promise<{ address: string }> => lookup(address.host).catch(failDns)
    await run("dns", resolve, (found) => `The name stands for ${found.address}.`)
  }
  await run(
    "tcp",
    () =>
      knock(
        connect("path" in address ? { path: address.path } : { host: address.host, port: address.port }),
        "connect",
      ),
    () => "Something listens there.",
  )
  if (!("host" in address) || !address.secure) return
  const { host, port } = address
  const servername = isIP(host) === 0 ? { servername: host } : {}
  await run(
    "tls",
    () => knock(connectTls({ host, port, ...servername }), "secureConnect"),
    () => "The certificate is valid.",
  )
}

/** The name itself may stand for a secret. */
function failDns(cause: unknown): never {
  const text = `The url's host cannot be resolved (${codeOf(cause)}); correct the url, or the DNS of this machine.`
  throw new GatewayError("service_unavailable", text, { cause })
}

const remedies = {
  connect: "start the service, correct host and port, or open the firewall",
  secureConnect: "the certificate must be valid for this name and known to this machine",
} as const

/** Waits for the event that says the socket stands, then closes it. */
async function knock(socket: Socket, event: keyof typeof remedies): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const fail = (code: string, cause?: unknown): void =>
    reject(new GatewayError("service_unavailable", `No connection (${code}); ${remedies[event]}.`, { cause }))
  socket.setTimeout(stepMs, () => fail("no answer"))
  socket.once(event, resolve)
  socket.on("error", (cause) => fail(codeOf(cause), cause))
  try {
    await promise
  } finally {
    socket.destroy()
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : "unknown reason"
}
