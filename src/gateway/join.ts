/**
 * A client that starts `mcp-meta stdio` while a gateway runs on the same data folder joins that one: what it writes to
 * our stdin goes there over a WebSocket, and what comes back goes to our stdout. One gateway keeps the state.
 */

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as z from "zod"
import type { Channel } from "../mcp/channels/channel.ts"
import { openStdioChannel } from "../mcp/channels/stdio-channel.ts"
import { openWebSocketChannel } from "../mcp/channels/websocket-client.ts"
import type { Outline } from "../mcp/message.ts"
import { readOutline } from "../mcp/outline.ts"
import { readClientTls, type ClientFiles } from "../surfaces/client-tls.ts"

export type JoinOptions = {
  readonly data: string
  readonly key: () => Promise<string>
  readonly maxMessageBytes: number
  readonly cli: ClientFiles
}

const announcement = z.object({ url: z.url(), pid: z.int().positive() })
const connectTimeoutMs = 5_000
const lingerMs = 10_000
const pollMs = 20

/** @returns false where no gateway runs there; else resolves with true when the client or the gateway has left */
export async function joinRunning({ data, key, maxMessageBytes, cli }: JoinOptions): Promise<boolean> {
  const running = await readAnnouncement(data)
  if (!running) return false
  const url = new URL("/mcp", running.url.replace(/^http/, "ws"))
  const headers = { authorization: `Bearer ${await key()}` }
  const tls = await readClientTls(cli)
  const channel = openWebSocketChannel({ url, headers, tls, maxMessageBytes, connectTimeoutMs })
  const gateway = await channel.catch(undefinedWhereNobodyListens)
  if (!gateway) return false
  const { stdin: input, stdout: output } = process
  const client = openStdioChannel({ input, output, maxMessageBytes, outlivesInput: true })
  await relay(client, gateway)
  return true
}

/** What a gateway that was killed has left names nobody who runs. */
async function readAnnouncement(data: string): Promise<z.output<typeof announcement> | undefined> {
  try {
    const running = announcement.parse(JSON.parse(await readFile(join(data, "gateway.json"), "utf8")))
    return process.kill(running.pid, 0) ? running : undefined
  } catch {
    return undefined
  }
}

/** The number of a process that was killed may be another's by now, and in a container is often the same. */
function undefinedWhereNobodyListens(thrown: unknown): undefined {
  const { cause } = thrown as Error
  if ((cause as NodeJS.ErrnoException | undefined)?.code !== "ECONNREFUSED") throw thrown
}

async function relay(client: Channel, gateway: Channel): Promise<void> {
  const waiting = new Set<string>()
  client.listen((message) => {
    const asked = readLoosely(message)
    if (asked?.kind === "request") waiting.add(asked.id.toString())
    gateway.send(message)
  })
  gateway.listen((message) => {
    const answer = readLoosely(message)
    if (answer?.kind === "result" || answer?.kind === "error") waiting.delete(answer.id?.toString() ?? "")
    client.send(message)
  })
  const answered = client.saidAll?.then(() => untilEmpty(waiting)) ?? new Promise(() => {})
  await Promise.race([client.closed, gateway.closed, answered])
  client.close()
  gateway.close()
}

/** What is no message is the gateway's to refuse. */
function readLoosely(message: Buffer): Outline | undefined {
  try {
    return readOutline(message)
  } catch {
    return undefined
  }
}

/** A client that has said all it wanted, as a script does, still gets its answers. */
async function untilEmpty(waiting: ReadonlySet<string>): Promise<void> {
  for (let waitedMs = 0; waiting.size > 0 && waitedMs < lingerMs; waitedMs += pollMs) await sleep(pollMs)
}
