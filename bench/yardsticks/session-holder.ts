/**
 * Legacy clients that are connected and say nothing. Takes URL, key and number; opens as many sessions, each with its
 * stream, on raw sockets so that many fit; prints `holding N` when all are open, and for each change of a list that all
 * of them have heard of `heard N FIRST LAST`, in epoch ms.
 */

import { once } from "node:events"
import { connect } from "node:net"
import { legacy, openSession } from "../measure/request.ts"

const [url = "", key = "", number = "1"] = process.argv.slice(2)
const { hostname, port, pathname } = new URL(url)
const count = Number(number)
const atOnce = 32
let left = count
let heard = 0
let firstMs = 0

async function openMany(): Promise<void> {
  while (left > 0) {
    left -= 1
    await openStream((await openSession(url, key)) ?? "")
  }
}

async function openStream(session: string): Promise<void> {
  const socket = connect({ host: hostname, port: Number(port) })
  const headers = [
    `host: ${hostname}:${port}`,
    "accept: text/event-stream",
    `authorization: Bearer ${key}`,
    `mcp-protocol-version: ${legacy}`,
    `mcp-session-id: ${session}`,
  ]
  socket.write(`GET ${pathname} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`)
  socket.on("error", (error) => fail(error.message))
  socket.on("close", () => fail("a stream was closed"))
  const [head] = (await once(socket, "data")) as [Buffer]
  if (!head.toString().startsWith("HTTP/1.1 200")) fail(head.toString())
  socket.on("data", (bytes: Buffer) => {
    if (bytes.includes("tools/list_changed")) hear()
  })
}

function hear(): void {
  const nowMs = Date.now()
  if (heard === 0) firstMs = nowMs
  heard += 1
  if (heard < count) return
  heard = 0
  console.log(`heard ${count} ${firstMs} ${nowMs}`)
}

function fail(why: string): never {
  console.error(why.slice(0, 500))
  process.exit(1)
}

process.once("SIGTERM", () => process.exit(0))
await Promise.all(Array.from({ length: atOnce }, openMany))
console.log(`holding ${count}`)
