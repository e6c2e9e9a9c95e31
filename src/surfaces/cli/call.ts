/** `mcp-meta call`: one tool, through the gateway, and its result as text. */

import { visibleText } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { looseValue } from "../rest/text-value.ts"
import { exitCodes, type Run } from "./commands.ts"
import { connect } from "./connection.ts"
import { complain, print, printJson } from "./screen.ts"

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
  const result = (await request("POST", path, body).catch(hintAt(arg))) as Result
  const texts = (result.content ?? []).map(textOf)
  if (texts.length > 0) print(texts.map(visibleText).join("\n"))
  else printJson(result.structuredContent ?? result)
  if (result.isError !== true) return exitCodes.fine
  const hint = hintFor(arg)
  if (hint !== "") complain(hint)
  return exitCodes.notFine
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

/** What looks like JSON was sent as such; the gateway may want the text that it is. */
function hintAt(pairs?: readonly string[]): (thrown: unknown) => never {
  return (thrown) => {
    const hint = hintFor(pairs)
    if (hint === "" || !(thrown instanceof GatewayError) || thrown.code !== "invalid") throw thrown
    const { detail, next, cause } = thrown
    throw new GatewayError("invalid", `${thrown.message} ${hint}`, { detail, cause, ...(next && { next }) })
  }
}

function hintFor(pairs: readonly string[] = []): string {
  const pair = pairs.find((one) => typeof looseValue(one.slice(one.indexOf("=") + 1)) !== "string")
  if (pair === undefined) return ""
  const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]
  return `${name} was sent as JSON; as text it is --arg '${name}=${JSON.stringify(value)}'.`
}

function textOf({ type, text, mimeType, uri, data }: Content): string {
  if (type === "text") return text ?? ""
  const size = data === undefined ? "" : `, ${Buffer.byteLength(data, "base64")} bytes`
  return `[${[type ?? "content", mimeType, uri].filter(Boolean).join(" ")}${size}]`
}
