/**
 * Values out of text, by their JSON Schema: what a flag or a query says is text, what an operation takes is not.
 */

import { GatewayError } from "../../errors.ts"

/** As much of a JSON Schema as decides how a text is read. */
export type ValueSchema = {
  readonly type?: string | readonly string[]
  readonly items?: ValueSchema
  readonly anyOf?: readonly ValueSchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly additionalProperties?: unknown
}

/**
 * One member's value, from each time it was given. Whether it is right is left to the operation.
 *
 * @throws GatewayError `invalid` for broken JSON
 */
export function fromTexts(name: string, schema: ValueSchema, texts: readonly string[]): unknown {
  const type = typeOf(schema)
  const [text = ""] = texts
  if (texts.length === 1 && text === "null" && mayBeNull(schema)) return null
  if (type === "array") {
    const isJson = texts.length === 1 && text.trimStart().startsWith("[")
    return isJson ? parse(name, text) : texts.map((item) => fromTexts(name, schema.items ?? {}, [item]))
  }
  if (type === "object" && !text.trimStart().startsWith("{")) return fromPairs(name, texts)
  if (texts.length > 1)
    throw new GatewayError("invalid", `${name} was given ${texts.length} times; it takes one value.`)
  if (type === "object") return parse(name, text)
  if (type === "boolean") return { true: true, false: false }[text] ?? text
  if (type === "number" || type === "integer")
    return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text
  return type === undefined ? looseValue(text) : text
}

/** The one type it can be; `string` where a string is among several, undefined where anything may be. */
export function typeOf({ type, anyOf, enum: choices, const: only }: ValueSchema): string | undefined {
  if (type !== undefined) return [type].flat().find((one) => one !== "null")
  if (choices || only !== undefined) return typeof (choices?.[0] ?? only)
  const types = anyOf?.map(typeOf).filter((one) => one !== undefined) ?? []
  return types.includes("string") ? "string" : types[0]
}

function mayBeNull({ type, anyOf }: ValueSchema): boolean {
  return [type].flat().includes("null") || (anyOf?.some(mayBeNull) ?? false)
}

/** `["a=1", "b=x"]` -> `{ a: "1", b: "x" }` */
function fromPairs(name: string, texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const at = text.indexOf("=")
    if (at < 1) throw new GatewayError("invalid", `${name} takes a JSON object, or name=value once or more often.`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new GatewayError("invalid", `${name} is no JSON: ${(cause as Error).message}`, { cause })
  }
}

/** JSON where it is JSON, else the text itself. */
export function looseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
