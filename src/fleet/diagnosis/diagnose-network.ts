/** The steps of a diagnosis between a url and a connection that can carry MCP: the name, the port, the certificate. */

import { lookup as systemLookup, type LookupAddress } from "node:dns"
import { connect, isIP, type LookupFunction, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { DialGuard } from "../../domain/services/machine.ts"
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

/** @param guard of the service: where it may not be dialled, nothing is said of where it would be */
export async function checkNetwork(address: Address, run: RunStep, guard: DialGuard | undefined): Promise<void> {
  const lookup = guard?.lookup ?? systemLookup
  if ("host" in address && isIP(address.host) === 0)
    await run(
      "dns",
      () => resolve(address.host, lookup),
      (found) => `The name stands for ${found}.`,
    )
  await run(
    "tcp",
    () =>
      knock(
        connect("path" in address ? { path: address.path } : { host: address.host, port: address.port, lookup }),
        "connect",
      ),
    () => "Something listens there.",
  )
  if (!("host" in address) || !address.secure) return
  const { host, port } = address
  const servername = isIP(host) === 0 ? { servername: host } : {}
  await run(
    "tls",
    () => knock(connectTls({ host, port, lookup, ...servername }), "secureConnect"),
    () => "The certificate is valid.",
  )
}

function resolve(host: string, lookup: LookupFunction): Promise<string> {
  return new Promise<string>((settle, reject) => {
    lookup(host, {}, (cause, found) => (cause ? reject(cause) : settle(firstOf(found))))
  }).catch(failDns)
}

function firstOf(found: string | readonly LookupAddress[]): string {
  return typeof found === "string" ? found : (found[0]?.address ?? "no address")
}

/** The name itself may stand for a secret. */
function failDns(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause
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
    reject(
      cause instanceof GatewayError
        ? cause
        : new GatewayError("service_unavailable", `No connection (${code}); ${remedies[event]}.`, { cause }),
    )
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
