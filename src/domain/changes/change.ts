/**
 * A change of the gateway's state as a value: what was, and what shall be. Operations draft changes, one place applies
 * them (operations/changes/apply-changes.ts), plans and history keep them, and turned round they undo what they did.
 *
 * How one is shown: change-shown.ts. How risky one is: risk.ts.
 */

import type { AuditLog } from "../audit/log.ts"
import type { PinChange } from "../pins/pin.ts"
import type { Policy } from "../policy/policy.ts"
import type { Key, Principal } from "../principal.ts"
import type { Quota } from "../quota/quota.ts"
import { GatewayError } from "../../errors.ts"

/** What stores keep under a version, by the subject of a change. A new kind is a line here and one in apply-changes.ts. */
export type KeptValues = {
  readonly principal: Principal
  readonly key: Key
  readonly quota: Quota
  readonly policy: Policy
}

/**
 * Absent `before`: it is new; absent `after`: it goes. Both are whole, and `after` has the version that it will get:
 * see `nextVersion`.
 */
export type ValueChange<Subject extends keyof KeptValues> = {
  readonly subject: Subject
  /** For people and logs; which value it is, its id says. */
  readonly name: string
  readonly before?: KeptValues[Subject] | undefined
  readonly after?: KeptValues[Subject] | undefined
}

type RawService = Readonly<Record<string, unknown>>

/** Of a service's file: the JSON object as it is written, placeholders unresolved. */
export type ServiceChange = {
  readonly subject: "service"
  readonly name: string
  readonly before?: RawService | undefined
  readonly after?: RawService | undefined
}

/** What of a service's definitions models may see. */
type PinsChange = PinChange & {
  readonly subject: "pins"
  /** The service's. */
  readonly name: string
}

/** What can be neither compared nor taken back. */
type DeedChange = {
  readonly subject: "deed"
  readonly name: Deed["kind"]
  /** What it does, as a sentence. */
  readonly words: string
  readonly deed: Deed
}

export type Deed =
  | { readonly kind: "audit_erase"; readonly filter: Parameters<AuditLog["erase"]>[0] }
  | { readonly kind: "rotate_audit_key" }

export type Change =
  | ServiceChange
  | PinsChange
  | { [S in keyof KeptValues]: ValueChange<S> }[keyof KeptValues]
  | DeedChange

/** The version that a store gives to what takes the place of `before`. */
export function nextVersion(before: { readonly version: number } | undefined): number {
  return (before?.version ?? 0) + 1
}

/**
 * The change that undoes this one, once it was applied.
 *
 * @throws GatewayError `conflict` for what cannot be undone
 */
export function inverseOf(change: Change): Change {
  if (change.subject === "deed") throw new GatewayError("conflict", `This cannot be undone: ${change.words}`)
  if (change.subject === "pins") return { ...change, before: change.after, after: change.before }
  const { before, after } = change
  const restored =
    change.subject === "service" ? before : before && { ...before, version: nextVersion(change.after) }
  return { ...change, before: after, after: restored } as Change
}
