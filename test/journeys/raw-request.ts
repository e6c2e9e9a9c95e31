/** An HTTP request written line by line, for what no proper client would send. */
import { connect } from "node:net"
import { text } from "node:stream/consumers"

export type RawAnswer = { readonly status: number; readonly body: string }

/** @param lines of the head after the request line; Host is among them or is missing */
export async function rawRequest(
  origin: string,
  requestLine: string,
  lines: readonly string[],
  body = "",
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const length = body === "" ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  socket.write([`${requestLine} HTTP/1.1`, ...lines, ...length, "connection: close", "", body].join("\r\n"))
  const answer = await text(socket)
  return { status: Number(answer.split(" ")[1]), body: answer.slice(answer.indexOf("\r\n\r\n") + 4) }
}
