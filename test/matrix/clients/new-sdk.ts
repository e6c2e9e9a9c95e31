/** The client of `@modelcontextprotocol/client`, which speaks both eras. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import * as z from "zod"
import type { Era } from "../../../src/mcp/message.ts"
import { httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer } from "../../journeys/peer.ts"
import { answerTo, capabilitiesOf, info, type Door, type Driver, type Heard, type Json } from "../driver.ts"
import { resultOf } from "./raw.ts"

const logLevelKey = "io.modelcontextprotocol/logLevel"
const questions = ["elicitation/create", "sampling/createMessage", "roots/list"] as const

/** Takes every result and all params as they are. */
const anything = z.record(z.string(), z.unknown())

export async function openNewSdk(door: Door, era: Era): Promise<Driver> {
  const mode = era === "legacy" ? ("legacy" as const) : { pin: "2026-07-28" }
  const capabilities = capabilitiesOf(era === "legacy" ? "2025-11-25" : "2026-07-28")
  const client = new Client(info, { capabilities, versionNegotiation: { mode } })
  const heard = hearOf(client)
  const requestInit = { headers: door.headers }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${door.origin}/mcp`), { requestInit }))
  const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }
  if (era === "modern") await client.listen(lists)
  let meta: Json = {}
  return {
    heard,
    items: async (list) => {
      if (list === "tools") return (await client.listTools()).tools as Json[]
      if (list === "prompts") return (await client.listPrompts()).prompts as Json[]
      if (list === "resources") return (await client.listResources()).resources as Json[]
      return (await client.listResourceTemplates()).resourceTemplates as Json[]
    },
    call: (name, values = {}, { onProgress, signal } = {}) =>
      client.callTool(
        { name, arguments: values, _meta: meta },
        {
          ...(onProgress && { onprogress: ({ progress }) => onProgress(progress) }),
          ...(signal && { signal }),
        },
      ),
    prompt: (name, values) => client.getPrompt({ name, arguments: values }),
    read: (uri) => client.readResource({ uri }),
    complete: async (ref, argument) => (await client.complete({ ref, argument })).completion.values,
    wantLogs: async (level) => {
      if (era === "modern") meta = { [logLevelKey]: level }
      else await client.setLoggingLevel(level)
    },
    watch: async (uri) => {
      if (era === "modern") await client.listen({ resourceSubscriptions: [uri] })
      else await client.subscribeResource({ uri })
    },
    request: (method, params) =>
      era === "modern" ? byHand(door, method, params) : client.request({ method, params }, anything),
    close: () => client.close(),
  }
}

function hearOf(client: Client): readonly Heard[] {
  const heard: Heard[] = []
  const hear = ({ method, params = {} }: { method: string; params?: object | undefined }): Heard => {
    const message = { method, params: params as Json }
    heard.push(message)
    return message
  }
  client.fallbackNotificationHandler = async (notification) => void hear(notification)
  for (const method of questions) {
    client.setRequestHandler(method, { params: anything }, async (params) => answerTo(hear({ method, params })))
  }
  return heard
}

/** The tasks extension is not in the library: what a client that has it sends is sent by hand. */
async function byHand({ origin, headers }: Door, method: string, params: Json): Promise<Json> {
  const capabilities = {
    ...capabilitiesOf("2026-07-28"),
    extensions: { "io.modelcontextprotocol/tasks": {} },
  }
  const peer = await openPeer(httpPipe(`${origin}/mcp`, headers), { era: "modern", capabilities })
  try {
    return resultOf(await peer.call(method, params))
  } finally {
    await peer.close()
  }
}
