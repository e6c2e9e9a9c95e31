/**
 * The yardstick for a service on a pipe: the least that puts many HTTP requests on one child and finds back whose answer
 * is whose. It parses the request, takes the prefix off the tool's name and gives it an id of its own; in the answer it
 * looks for that id and puts the client's in its place. Takes the child's program and arguments.
 */

import { spawn } from "node:child_process"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

const [command = "", ...args] = process.argv.slice(2)
const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] })
process.on("exit", () => child.kill())
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0))

type Waiting = { readonly id: string; readonly response: ServerResponse }
const waiting = new Map<string, Waiting>()
let lastId = 0
let rest: Buffer = Buffer.alloc(0)

child.stdout.on("data", (chunk: Buffer) => {
  const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
  let from = 0
  for (let to = bytes.indexOf(10); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) {
    answer(bytes.toString("utf8", from, to))
  }
  rest = bytes.subarray(from)
})

function answer(line: string): void {
  const [found = "", ownId = ""] = /"id":(\d+)/.exec(line) ?? []
  const call = waiting.get(ownId)
  if (!call) return
  waiting.delete(ownId)
  const body = Buffer.from(line.replace(found, `"id":${call.id}`))
  call.response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const message = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; params: { name?: string } }
    if (message.params.name) message.params.name = message.params.name.replace(/^.*?__/, "")
    const ownId = ++lastId
    waiting.set(String(ownId), { id: JSON.stringify(message.id), response })
    message.id = ownId
    child.stdin.write(`${JSON.stringify(message)}\n`)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
)
