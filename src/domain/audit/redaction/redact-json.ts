/**
 * Walks a JSON text and writes it again without what is secret. Everything else stays as it was written, digits and
 * escapes included; only the spaces between are dropped.
 */

import { holdsSecrets, type SecretNames } from "./redact-names.ts"
import { closes, readRaw, skipSpace, type Reader as TextReader } from "./redact-reader.ts"
import { marker } from "./redact-spans.ts"
import { redactProse } from "./redact-prose.ts"

type Scan = {
  readonly names: SecretNames
  /** How deep in the whole the text stands. */
  readonly depth: number
  /** Whether encoded texts are looked into. */
  readonly decode: boolean
}

type Reader = Scan & TextReader & { changed: boolean }

/** `every` is below a name that holds nothing but secrets. */
type Mode = "some" | "every"
type Place = { readonly mode: Mode; readonly depth: number }
type Member = { readonly name: string; readonly key: string; shown: string; readonly plain: string | undefined }

const maxDepth = 64
/** No secret that could be told from a word is shorter. */
const shortest = 8
const hidden = JSON.stringify(marker)
const labels = new Set(["name", "key", "header", "variable", "field"])
const labelled = new Set(["value", "values"])
/** They can be no secret: a literal name, and the empty string. */
const bare = /^(?:true|false|null|"")$/

/** @param json must be valid */
export function redactJson(json: string, scan: Scan): { readonly text: string; readonly changed: boolean } {
  const reader: Reader = { ...scan, text: json, at: 0, changed: false }
  const text = readValue(reader, { mode: "some", depth: scan.depth })
  return { text, changed: reader.changed }
}

function readValue(reader: Reader, place: Place): string {
  skipSpace(reader)
  const first = reader.text[reader.at]
  if (first === '"') return showString(reader, readRaw(reader), place)
  if (first !== "{" && first !== "[") return showPlain(reader, readRaw(reader), place)
  if (place.depth >= maxDepth) return hide(reader, readRaw(reader))
  return first === "{" ? readObject(reader, place) : readArray(reader, place)
}

function readObject(reader: Reader, place: Place): string {
  const members: Member[] = []
  for (reader.at += 1; !closes(reader, "}");) members.push(readMember(reader, place))
  hideLabelled(reader, members)
  return `{${members.map(({ key, shown }) => `${key}:${shown}`).join(",")}}`
}

function readMember(reader: Reader, { mode, depth }: Place): Member {
  skipSpace(reader)
  const rawKey = readRaw(reader)
  const name = JSON.parse(rawKey) as string
  const key = showString(reader, rawKey, { mode: "some", depth })
  skipSpace(reader)
  reader.at += 1
  skipSpace(reader)
  if (reader.names.isSecret(name) && !isCount(reader, name)) {
    return { name, key, shown: hide(reader, readRaw(reader)), plain: undefined }
  }
  const start = reader.at
  const shown = readValue(reader, {
    mode: holdsSecrets(name) && isContainer(reader) ? "every" : mode,
    depth: depth + 1,
  })
  return {
    name,
    key,
    shown,
    plain: reader.text[start] === '"' ? reader.text.slice(start + 1, reader.at - 1) : undefined,
  }
}

function isContainer({ text, at }: Reader): boolean {
  return text[at] === "{" || text[at] === "["
}

/** `tokens` are also what models count. */
function isCount({ text, at }: Reader, name: string): boolean {
  return /tokens$/i.test(name) && /[\d-]/.test(text[at] ?? "")
}

/** `{"name": "API_KEY", "value": "..."}`, in whatever order. */
function hideLabelled(reader: Reader, members: readonly Member[]): void {
  const isSecret = members.some(
    ({ name, plain }) => plain !== undefined && labels.has(name.toLowerCase()) && reader.names.isSecret(plain),
  )
  if (!isSecret) return
  for (const member of members)
    if (labelled.has(member.name.toLowerCase())) member.shown = hide(reader, member.shown)
}

function readArray(reader: Reader, { mode, depth }: Place): string {
  const items: string[] = []
  let isNextSecret = false
  for (reader.at += 1; !closes(reader, "]");) {
    skipSpace(reader)
    const start = reader.at
    const shown = readValue(reader, { mode, depth: depth + 1 })
    items.push(isNextSecret && shown.startsWith('"') ? hide(reader, shown) : shown)
    isNextSecret = isSecretFlag(reader, reader.text.slice(start, Math.min(reader.at, start + 128)))
  }
  return `[${items.join(",")}]`
}

/** `"--api-key"`: the next of the arguments is the key. */
function isSecretFlag(reader: Reader, raw: string): boolean {
  return /^"--?[\w.-]+"$/.test(raw) && reader.names.isSecret(raw.slice(1, -1))
}

function showString(reader: Reader, raw: string, { mode, depth }: Place): string {
  if (mode === "every") return hide(reader, raw)
  const value = raw.includes("\\") ? (JSON.parse(raw) as string) : raw.slice(1, -1)
  const shown = redactText(value, { names: reader.names, decode: reader.decode, depth })
  if (shown === value) return raw
  reader.changed = true
  return JSON.stringify(shown)
}

function showPlain(reader: Reader, raw: string, { mode }: Place): string {
  return mode === "every" ? hide(reader, raw) : raw
}

function hide(reader: Reader, raw: string): string {
  if (bare.test(raw)) return raw
  if (raw !== hidden) reader.changed = true
  return hidden
}

/** The very same text where there is nothing to take out. */
function redactText(text: string, scan: Scan): string {
  if (text.length < shortest) return text
  return (
    redactNested(text, scan) ??
    redactProse(text, scan.names, scan.decode ? (decoded) => isSecret(decoded, scan) : undefined)
  )
}

function isSecret(decoded: string, scan: Scan): boolean {
  return redactText(decoded, { ...scan, decode: false }) !== decoded
}

/** A text that is JSON. Undefined where it is none. */
function redactNested(text: string, scan: Scan): string | undefined {
  if (!/^\s*["{[]/.test(text) || scan.depth >= maxDepth || !isJson(text)) return undefined
  const nested = redactJson(text, { ...scan, depth: scan.depth + 1 })
  return nested.changed ? nested.text : text
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
