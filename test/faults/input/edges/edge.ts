/** How the edges are written down: a request for the MCP endpoint, and what must come of it. */

import { httpBytes, type Field } from "../http-bytes.ts"
import { jsonFields } from "../messages.ts"
import type { Input } from "../probe.ts"
import type { RawAnswer } from "../raw-pipe.ts"

/** What edges are made for: the fields of every request, and those of a legacy session. */
export type Door = { readonly fields: readonly Field[]; readonly session: readonly Field[] }

type Judge = NonNullable<Input["judge"]>

type Post = {
  readonly body: string | Buffer
  /** Beside the usual ones; one with the name of a usual one takes its place. */
  readonly more?: readonly Field[]
  readonly target?: string
  readonly method?: string
}

export function post(
  { fields }: Pick<Door, "fields">,
  { body, more = [], target = "/mcp", method = "POST" }: Post,
): Buffer {
  const named = new Set(more.map(([name]) => name))
  const usual = [...fields, ...jsonFields].filter(([name]) => !named.has(name))
  return httpBytes({ method, target, fields: [...usual, ...more], body: Buffer.from(body) })
}

/** One of these statuses. */
export function status(...expected: readonly number[]): Judge {
  return ({ status, body }) =>
    expected.includes(status) ? undefined : `${status} in place of ${expected.join(" or ")}: ${body.slice(0, 200)}`
}

/** A JSON-RPC error with one of these codes, under whatever status. */
export function rpc(...codes: readonly number[]): Judge {
  return (answer) => {
    const code = codeOf(answer)
    return code !== undefined && codes.includes(code)
      ? undefined
      : `no error ${codes.join(" or ")}: ${shown(answer)}`
  }
}

/** A result. */
export const result: Judge = (answer) =>
  answer.status === 200 && answer.body.includes('"result":') ? undefined : `no result: ${shown(answer)}`

export function codeOf({ body }: Pick<RawAnswer, "body">): number | undefined {
  const [, code] = /"error":\{"code":(-?\d+)/.exec(body) ?? []
  return code === undefined ? undefined : Number(code)
}

function shown({ status, body }: RawAnswer): string {
  return `${status} ${body.slice(0, 200)}`
}

export const parseError = -32_700
export const invalidRequest = -32_600
export const methodNotFound = -32_601
export const invalidParams = -32_602
export const headerMismatch = -32_020
export const unsupportedVersion = -32_022
export const tooLarge = -31_413
