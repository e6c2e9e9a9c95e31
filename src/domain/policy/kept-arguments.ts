/**
 * The arguments of a call as the audit log kept them: a copy without its secrets where the service's file or the setting
 * `audit.payloads` asks for one, else a digest, which tells nothing.
 */

import { readStrictJson, type StrictJson } from "../../mcp/strict-json.ts"
import type { KeptEntry } from "../audit/entry.ts"
import { marker } from "../audit/redaction/redact-spans.ts"
import { stepsOf } from "./argument-condition.ts"
import type { PolicyAction } from "./policy.ts"

export type KeptArguments = {
  readonly isKept: boolean
  /** Undefined where they could not be read when they came either. */
  readonly value: StrictJson | undefined
}

const notKept: KeptArguments = { isKept: false, value: undefined }
const none: KeptArguments = { isKept: true, value: new Map() }
const withArguments: ReadonlySet<PolicyAction> = new Set(["call", "get"])

export function keptArguments({ entry, copy }: KeptEntry, action: PolicyAction): KeptArguments {
  if (!withArguments.has(action)) return none
  // A refusal has no payload on record, whatever it was sent with.
  if (entry.kind !== "start") return notKept
  if (!entry.arguments) return none
  if (!copy?.startsWith(before)) return notKept
  const sent = readStrictJson(Buffer.from(copy.slice(before.length, -1)))
  if (sent === undefined) return { isKept: true, value: undefined }
  return sent instanceof Map ? ofSent(sent as ReadonlyMap<string, StrictJson>) : notKept
}

/** The copy of a start holds nothing else. */
const before = `{"arguments":`

/** Members of a request that are recorded beside its arguments, and make one object with them. */
const beside = ["_meta", "inputResponses", "task", "context"] as const

function ofSent(sent: ReadonlyMap<string, StrictJson>): KeptArguments {
  if (sent.get("truncated") === true || sent.get("unreadable") === true) return notKept
  const within = sent.get("arguments")
  const isRequest = beside.some((name) => sent.has(name))
  if (isRequest) return within === undefined ? none : { isKept: true, value: within }
  return within instanceof Map ? notKept : { isKept: true, value: sent }
}

/** Whether what the pointer leads to was not kept, or only without a secret in it. */
export function isHidden({ isKept, value }: KeptArguments, pointer: string): boolean {
  if (!isKept) return true
  let at = value
  for (const step of stepsOf(pointer)) {
    if (isMarked(at)) return true
    if (at instanceof Map) at = (at as ReadonlyMap<string, StrictJson>).get(step)
    else at = Array.isArray(at) ? (at as StrictJson[])[Number(step)] : undefined
  }
  return isMarked(at)
}

function isMarked(value: StrictJson | undefined): boolean {
  return typeof value === "string" && value.includes(marker)
}
