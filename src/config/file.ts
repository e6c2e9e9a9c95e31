/**
 * The configuration file: found, read and taken apart into dotted keys, each with the line it stands on. What a key
 * means is left to table.ts.
 */

import { readFile, stat } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import type { LineCounter, Node } from "yaml"
import { GatewayError } from "../errors.ts"

type FileValue = { readonly key: string; readonly value: unknown; readonly at: string }
export type ConfigFile = { readonly folder: string; readonly values: readonly FileValue[] }

const names = ["mcp-meta.yaml", "mcp-meta.yml", "mcp-meta.json"]
const maxBytes = 1_048_576

/**
 * @param named the file that was asked for; otherwise the one in the working folder, if any
 * @throws GatewayError `invalid`
 */
export async function readConfigFile(cwd: string, named?: string): Promise<ConfigFile | undefined> {
  const file = named === undefined ? await findFile(cwd) : resolve(cwd, named)
  if (file === undefined) return undefined
  const unreadable = (cause: unknown): never => {
    const text = `The configuration file ${file} cannot be read; check --config and the file's rights.`
    throw new GatewayError("invalid", text, { cause })
  }
  const found = await stat(file).catch(unreadable)
  if (!found.isFile() || found.size > maxBytes)
    throw new GatewayError("invalid", `${file} is no file of at most ${maxBytes} bytes.`)
  return {
    folder: dirname(file),
    values: await parse(decode(file, await readFile(file).catch(unreadable)), basename(file)),
  }
}

function decode(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new GatewayError("invalid", `${file} is not UTF-8 text; save it as UTF-8.`, { cause })
  }
}

async function findFile(cwd: string): Promise<string | undefined> {
  const found: string[] = []
  for (const name of names) {
    const file = join(cwd, name)
    if (await stat(file).then(() => true, () => false)) found.push(file) // oxfmt-ignore
  }
  if (found.length > 1)
    throw new GatewayError("invalid", `${found.join(" and ")} are both there; keep one, or choose with --config.`)
  return found[0]
}

async function parse(text: string, name: string): Promise<readonly FileValue[]> {
  const { LineCounter, isMap, isScalar, parseDocument } = await import("yaml") // many commands have no file to read
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  // A tag that nobody knows is a warning, and its value a guess.
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw new GatewayError("invalid", `${place(name, lines, error.pos[0])}: ${error.message}`)
  /** Aliases may stand for each other, or for more than any memory holds. */
  const valueOf = (node: Node | null): unknown => {
    try {
      return node?.toJS(document) as unknown
    } catch (cause) {
      throw new GatewayError("invalid", `${name} has aliases that cannot be followed; write out their values.`, {
        cause,
      })
    }
  }
  const walk = (node: Node | null, prefix: string): readonly FileValue[] => {
    if (!isMap<Node, Node | null>(node))
      throw new GatewayError("invalid", `${name} must hold settings as "key: value".`)
    return node.items.flatMap(({ key, value }) => {
      const dotted = prefix + (isScalar(key) ? String(key.value) : "?")
      if (isMap(value)) return walk(value, `${dotted}.`)
      return [{ key: dotted, value: valueOf(value), at: place(name, lines, key.range?.[0] ?? 0) }]
    })
  }
  return document.contents === null ? [] : walk(document.contents, "")
}

function place(name: string, lines: LineCounter, offset: number): string {
  return `${name}:${lines.linePos(offset).line}`
}
