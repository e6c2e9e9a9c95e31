/** `mcp-meta call`: one tool, through the gateway, and its result as text. */

import { visibleText } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { looseValue } from "../rest/text-value.ts"
import { exitCodes, type Run } from "./commands.ts"
import { connect } from "./connection.ts"
import { print, printJson } from "./screen.ts"

type Result = {
  readonly content?: readonly Content[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}
type Content = {
  readonly type?: string
  readonly text?: string
  readonly mimeType?: string
  readonly uri?: string
  readonly data?: string
}

export const callTool: Run = async ({ load }, flags, command) => {
  const { json, arg } = command.opts<{ readonly json?: string; readonly arg?: readonly string[] }>()
  const body = { arguments: { ...readObject(json), ...readPairs(arg) } }
  const { request } = await connect((await load(flags)).config)
  const path = `/api/v1/tools/${encodeURIComponent(command.args[0] ?? "")}/invoke`
  const result = (await request("POST", path, body)) as Result
  const texts = (result.content ?? []).map(textOf)
  if (texts.length > 0) print(texts.map(visibleText).join("\n"))
  else printJson(result.structuredContent ?? result)
  return result.isError === true ? exitCodes.notFine : exitCodes.fine
}

function readObject(text: string | undefined): Record<string, unknown> {
  const value = text === undefined ? {} : looseValue(text)
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new GatewayError("invalid", `--json takes one JSON object, such as '{"name":"Ann"}'.`)
}

function readPairs(pairs: readonly string[] = []): Record<string, unknown> {
  const entries = pairs.map((pair) => {
    const at = pair.indexOf("=")
    if (at < 1) throw new GatewayError("invalid", `--arg takes name=value; this is ${pair}`)
    return [pair.slice(0, at), looseValue(pair.slice(at + 1))] as const
  })
  return Object.fromEntries(entries)
}

function textOf({ type, text, mimeType, uri, data }: Content): string {
  if (type === "text") return text ?? ""
  const size = data === undefined ? "" : `, ${Buffer.byteLength(data, "base64")} bytes`
  return `[${[type ?? "content", mimeType, uri].filter(Boolean).join(" ")}${size}]`
}
