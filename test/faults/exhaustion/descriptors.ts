/**
 * RES-04: a gateway that has hardly any descriptors left. It keeps some for its own work, tells those it has no room for,
 * and is as before once the crowd has gone.
 */

import { once } from "node:events"
import { Agent, request, type IncomingMessage } from "node:http"
import { connect, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { eventually } from "../../journeys/eventually.ts"
import type { Figures } from "../figures.ts"
import { descriptorsOf } from "./process-facts.ts"
import { openStrained, type Strained } from "./strained.ts"

const descriptors = 256
const callsMeanwhile = 20

type Crowd = { readonly sockets: readonly Socket[]; readonly answers: readonly string[] }

export async function descriptorsAtTheLimit(rounds: number): Promise<Figures> {
  await using strained = await openStrained({ under: ["prlimit", `--nofile=${descriptors}:${descriptors}`] })
  const before = descriptorsOf(strained.pid)
  const seen = { refused: 0, closed: 0, failed: 0, most: 0 }
  const violations: string[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let round = 0; round < rounds; round++) {
    await callOver(agent, strained.gateway)
    const crowd = await gather(strained, 3 * descriptors)
    seen.most = Math.max(seen.most, descriptorsOf(strained.pid))
    seen.closed += crowd.sockets.filter(({ destroyed }) => destroyed).length
    for (let made = 0; made < callsMeanwhile; made++)
      if (!(await callOver(agent, strained.gateway))) seen.failed += 1
    seen.refused += crowd.answers.filter((answer) => /^HTTP\/1\.1 503[^]*limits\.connections/.test(answer)).length
    for (const socket of crowd.sockets) socket.destroy()
    if (!strained.isAlive) throw new Error(`The gateway has ended: ${strained.gateway.process.stderr()}`)
    await eventually("their descriptors are closed", () => descriptorsOf(strained.pid) <= before + 5, 30_000)
    const { status } = await fetch(`${strained.gateway.origin}/readiness`)
    if (status !== 200) violations.push(`round ${round}: /readiness answers ${status} afterwards`)
  }
  agent.destroy()
  if (seen.failed > 0) violations.push(`${seen.failed} calls over open connections failed`)
  if (seen.refused === 0) violations.push("nobody was told why there was no room")
  const figures = {
    rounds,
    "descriptors allowed": descriptors,
    "in use at most": seen.most,
    "connections tried": rounds * 3 * descriptors,
    "told that there is no room": seen.refused,
    "closed at once": seen.closed,
    "calls over open connections, failed": seen.failed,
  }
  return { suite: "descriptors at the limit", figures, violations }
}

const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "strained__work" } })

/** One call over the connection that the agent holds. @returns whether it was answered rightly */
async function callOver(agent: Agent, { url, key }: Strained["gateway"]): Promise<boolean> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept: "application/json",
  }
  const sending = request(url, { method: "POST", headers, agent })
  sending.end(body)
  const [answer] = (await once(sending, "response")) as [IncomingMessage]
  return (await text(answer)).includes('"result"')
}

/** Connects so many, each with a request that will be answered or refused, and holds what stays open. */
async function gather({ gateway }: Strained, count: number): Promise<Crowd> {
  const { hostname, port } = new URL(gateway.origin)
  const answers: string[] = []
  const lines = ["GET /api/v1/me HTTP/1.1", "host: localhost", `authorization: Bearer ${gateway.key}`, "", ""]
  const sockets = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname)
    socket.on("error", () => {})
    socket.on("data", (chunk: Buffer) => answers.push(chunk.toString("latin1")))
    socket.write(lines.join("\r\n"))
    return socket
  })
  await Promise.all(
    sockets.map((socket) => Promise.race([once(socket, "data"), once(socket, "close")]).catch(() => {})),
  )
  return { sockets, answers }
}
