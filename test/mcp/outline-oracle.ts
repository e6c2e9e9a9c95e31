/**
 * A second, slow reader of messages for the tests of the first: JSON.parse decides what is JSON, and a tree of tokens
 * what it says and what else the rules ask, since JSON.parse of V8 13.6 may mistake an escaped key for one that it met
 * before (https://github.com/nodejs/node/issues/63785). Shares no code with what it judges.
 */

type Node =
  | { readonly kind: "object"; readonly members: readonly (readonly [key: string, node: Node])[] }
  | { readonly kind: "array"; readonly items: readonly Node[] }
  | { readonly kind: "scalar"; readonly text: string }

type ObjectNode = Extract<Node, { kind: "object" }>

const maxDepth = 64

/** Whether the bytes are one message as the gateway's rules have it. */
export function isMessage(bytes: Buffer): boolean {
  const text = decode(bytes)
  if (text === undefined || !isJson(text)) return false
  const root = toTree(text)
  return root.kind === "object" && depthOf(root) <= maxDepth && isUnambiguous(root) && isEnvelope(root)
}

/** The value of a text that is JSON. */
export function readValue(bytes: Buffer): unknown {
  return toValue(toTree(bytes.toString()))
}

function toValue(node: Node): unknown {
  if (node.kind === "scalar") return valueOf(node)
  if (node.kind === "array") return node.items.map(toValue)
  return Object.fromEntries(node.members.map(([key, member]) => [key, toValue(member)]))
}

function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The tree of a text that JSON.parse took. */
function toTree(text: string): Node {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gu) ?? []
  let next = 0
  function read(): Node {
    const token = tokens[next++] ?? ""
    if (token === "{") return { kind: "object", members: readUntil("}", readMember) }
    if (token === "[") return { kind: "array", items: readUntil("]", read) }
    return { kind: "scalar", text: token }
  }
  function readMember(): readonly [string, Node] {
    const key = JSON.parse(tokens[next++] ?? "") as string
    next++
    return [key, read()]
  }
  function readUntil<Part>(end: string, readPart: () => Part): Part[] {
    const parts: Part[] = []
    while (tokens[next] !== end) {
      if (tokens[next] === ",") next++
      parts.push(readPart())
    }
    next++
    return parts
  }
  return read()
}

function depthOf(node: Node): number {
  if (node.kind === "scalar") return 0
  const children = node.kind === "array" ? node.items : node.members.map(([, child]) => child)
  return 1 + Math.max(0, ...children.map(depthOf))
}

function isUnambiguous(root: ObjectNode): boolean {
  const [params, result] = [find(root, "params"), find(root, "result")]
  const noted = [root, params, result, find(root, "error"), find(params, "_meta"), find(result, "_meta")]
  return noted.every((node) => {
    if (node?.kind !== "object") return true
    return new Set(node.members.map(([key]) => key)).size === node.members.length
  })
}

function find(node: Node | undefined, wanted: string): Node | undefined {
  return node?.kind === "object" ? node.members.find(([key]) => key === wanted)?.[1] : undefined
}

function isEnvelope(root: ObjectNode): boolean {
  const [id, params, method] = [find(root, "id"), find(root, "params"), find(root, "method")]
  const [result, error] = [find(root, "result"), find(root, "error")]
  if (valueOf(find(root, "jsonrpc")) !== "2.0" || (params && params.kind !== "object")) return false
  if ([find(params, "_meta"), find(result, "_meta")].some((meta) => meta && meta.kind !== "object")) return false
  if ([method, result, error].filter(Boolean).length !== 1) return false
  if (method) return isMethod(valueOf(method)) && (!id || isId(id))
  if (result) return result.kind === "object" && id !== undefined && isId(id)
  return isError(error) && (!id || valueOf(id) === null || isId(id))
}

function isMethod(method: unknown): boolean {
  return typeof method === "string" && method.length >= 1 && method.length <= 256
}

function isError(error: Node | undefined): boolean {
  return Number.isSafeInteger(valueOf(find(error, "code"))) && typeof valueOf(find(error, "message")) === "string"
}

function isId(id: Node): boolean {
  if (id.kind !== "scalar") return false
  const isText = typeof valueOf(id) === "string"
  return isText ? Buffer.byteLength(id.text) <= 258 : /^-?\d{1,255}$/.test(id.text) || /^\d{256}$/.test(id.text)
}

/** `undefined` for what is no scalar. */
function valueOf(node: Node | undefined): unknown {
  return node?.kind === "scalar" ? JSON.parse(node.text) : undefined
}
