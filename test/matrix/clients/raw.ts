/**
 * A client of one old revision that hides nothing: its requests are the messages of that revision, on the transport
 * that it knows best.
 */
import type { Revision } from "../../../src/mcp/message.ts"
import { httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer, type PeerOptions, type Reply } from "../../journeys/peer.ts"
import { ssePipe } from "../../journeys/sse-pipe.ts"
import {
  answerTo,
  capabilitiesOf,
  type CallOptions,
  type Door,
  type Driver,
  type Item,
  type Json,
} from "../driver.ts"

/** What the other side answered instead of a result. */
class Refused extends Error {
  readonly code: number
  readonly data: unknown

  constructor({ code, message, data }: NonNullable<Reply["error"]>) {
    super(message)
    this.code = code
    this.data = data
  }
}

export function resultOf({ result, error, text }: Reply): Json {
  if (error) throw new Refused(error)
  if (!result) throw new Error(`neither a result nor an error: ${text}`)
  return result
}

export async function openRaw(door: Door, revision: Revision): Promise<Driver> {
  const peer = await openPeerOf(door, revision)
  const request = async (method: string, params: Json): Promise<Json> => resultOf(await peer.call(method, params))
  return {
    // What its log holds has params wherever the revision has them.
    get heard() {
      return peer.heard.map(({ method = "", params = {} }) => ({ method, params }))
    },
    items: async (list) => {
      const method = list === "templates" ? "resources/templates" : list
      const member = list === "templates" ? "resourceTemplates" : list
      return (await request(`${method}/list`, {}))[member] as Item[]
    },
    call: (name, values = {}, options = {}) => callTool(peer, { name, arguments: values }, options),
    prompt: (name, values) => request("prompts/get", { name, arguments: values }),
    read: (uri) => request("resources/read", { uri }),
    complete: async (ref, argument) => {
      const { completion } = await request("completion/complete", { ref, argument })
      return (completion as { values: string[] }).values
    },
    wantLogs: async (level) => void (await request("logging/setLevel", { level })),
    watch: async (uri) => void (await request("resources/subscribe", { uri })),
    request,
    close: () => peer.close(),
  }
}

async function openPeerOf({ origin, headers }: Door, revision: Revision): Promise<Peer> {
  const options: PeerOptions = {
    era: "legacy",
    revision,
    capabilities: capabilitiesOf(revision),
    answer: ({ method = "", params = {} }) => answerTo({ method, params }),
  }
  if (revision === "2024-11-05") return openPeer(await ssePipe(`${origin}/sse`, headers), options)
  const pipe = httpPipe(`${origin}/mcp`, headers, { revision })
  const peer = await openPeer(pipe, options)
  await pipe.openStream()
  return peer
}

/** Progress is what is heard under the token; who cancels says so and waits no longer. */
async function callTool(peer: Peer, params: Json, { onProgress, signal }: CallOptions): Promise<Json> {
  const progressToken = `token-${peer.lastId + 1}`
  const answered = peer.call("tools/call", params, onProgress ? { meta: { progressToken } } : {})
  const requestId = peer.lastId
  const cancelled = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => {
      peer.notify("notifications/cancelled", { requestId }).catch(reject)
      reject(signal.reason as Error)
    })
  })
  const result = resultOf(await Promise.race([answered, cancelled]))
  for (const { method, params: news = {} } of peer.heard) {
    if (method === "notifications/progress" && news["progressToken"] === progressToken)
      onProgress?.(Number(news["progress"]))
  }
  return result
}
