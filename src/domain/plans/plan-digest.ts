/**
 * The digest of a plan: of what was asked, of the state that it was drafted from, and of what it would come to. Whoever
 * approves names it, and who applies a plan drafts it again: another digest is another plan.
 */

import canonicalize from "canonicalize"
import { GatewayError } from "../../errors.ts"
import { sha256 } from "../audit/sha256.ts"
import type { Change } from "../changes/change.ts"

/** What a digest binds. `nonce` is kept secret: without it, a digest would let secrets in the input be guessed. */
type Bound = {
  readonly nonce: string
  readonly operation: string
  readonly input: unknown
  readonly changes: readonly Change[]
}

/**
 * 43 characters of base64url. Drafted again from the same state it is the same, whatever ids, keys and times are drawn
 * anew; those follow from the input.
 *
 * @throws GatewayError `invalid` for texts that are not well-formed Unicode
 */
export function digestOf({ nonce, operation, input, changes }: Bound): string {
  try {
    const bound = { nonce, operation, input, changes: changes.map(boundOf) }
    return sha256(canonicalize(JSON.parse(JSON.stringify(bound))) ?? "").toString("base64url")
  } catch (cause) {
    throw new GatewayError("invalid", "A text in this is not well-formed Unicode; correct it.", { cause })
  }
}

function boundOf(change: Change): unknown {
  if (change.subject === "deed") return { subject: change.subject, name: change.name }
  if (change.subject === "service" || change.subject === "pins") return change
  const { subject, name, before, after } = change
  return { subject, name: before && name, before, after: after && withoutDrawn(after) }
}

/** What is different each time it is drafted. */
const drawn = new Set([
  "id",
  "hash",
  "passwordHash",
  "counter",
  "createdAtMs",
  "changedAtMs",
  "expiresAtMs",
  "revokedAtMs",
])

function withoutDrawn(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (name, member: unknown) => (drawn.has(name) ? undefined : member)))
}
