/** The file in which an MCP client keeps its servers, in the shapes that Claude, Cursor, VS Code and others use. */

import { open } from "node:fs/promises"
import { GatewayError } from "../../errors.ts"

export type ClientEntry = { readonly name: string; readonly entry: Readonly<Record<string, unknown>> }

const maxBytes = 16 * 1_024 * 1_024

/** JSON, in which comments and commas at the end of a list are forgiven. @throws GatewayError `invalid` */
export async function readJsonFile(file: string): Promise<unknown> {
  const text = await readText(file).catch((cause: unknown) => {
    throw cause instanceof GatewayError ? cause : new GatewayError("invalid", `${file} cannot be read.`, { cause })
  })
  try {
    return JSON.parse(withoutExtras(text)) as unknown
  } catch (cause) {
    throw new GatewayError("invalid", `${file} is no JSON: ${(cause as Error).message}`, { cause })
  }
}

async function readText(file: string): Promise<string> {
  await using handle = await open(file)
  const found = await handle.stat()
  if (!found.isFile() || found.size > maxBytes)
    throw new GatewayError("invalid", `${file} is no file of at most ${maxBytes} bytes.`)
  return handle.readFile("utf8")
}

function withoutExtras(text: string): string {
  const noComments = text.replaceAll(
    /("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_whole, string: string | undefined) => string ?? "",
  )
  return noComments.replaceAll(
    /("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g,
    (_whole, string: string | undefined) => string ?? "",
  )
}

/** @throws GatewayError `invalid` where there are none */
export function findEntries(json: unknown): readonly ClientEntry[] {
  const found = [["mcpServers"], ["servers"], ["mcp", "servers"], ["mcp", "mcpServers"]]
    .map((path) => path.reduce(member, json))
    .find(isRecord)
  const entries = Object.entries(found ?? {}).filter((pair): pair is [string, ClientEntry["entry"]] =>
    isRecord(pair[1]),
  )
  if (entries.length > 0) return entries.map(([name, entry]) => ({ name, entry }))
  throw new GatewayError("invalid", 'The file names no servers; an object "mcpServers" is looked for.')
}

function member(value: unknown, key: string): unknown {
  return isRecord(value) ? value[key] : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
