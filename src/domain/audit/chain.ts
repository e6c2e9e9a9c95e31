/**
 * How an entry becomes what is hashed. The hash is at once the link that the next entry carries and the leaf of the
 * Merkle tree (merkle.ts), so that one SHA-256 per entry serves both.
 *
 * @see RFC 8785 for the canonical form, RFC 6962 section 2.1 for the hash of a leaf
 */

import canonicalize from "canonicalize"
import { GatewayError } from "../../errors.ts"
import { sha256 } from "./sha256.ts"
import type { Digested, Entry } from "./entry.ts"

/** @throws GatewayError `internal` for a number that is not finite or a text that is not well-formed */
export function bodyOf(entry: Entry): string {
  if (entry.detail !== undefined) return generally(entry)
  const text = JSON.stringify(inOrder(entry))
  return doubtful.test(text) ? generally(entry) : text
}

/** A number that is none, or half a character, perhaps: `JSON.stringify` lets them pass. */
const doubtful = /null|\\u[dD]/

/**
 * The members that most entries have, in the canonical order: `JSON.stringify` then gives what `canonicalize` does, in
 * a third of its time.
 */
function inOrder(entry: Entry): Readonly<Record<Exclude<keyof Entry, "detail">, unknown>> {
  return {
    arguments: digestedInOrder(entry.arguments),
    callId: entry.callId,
    client: entry.client,
    computeMs: entry.computeMs,
    copy: entry.copy,
    costMicroUsd: entry.costMicroUsd,
    count: entry.count,
    durationMs: entry.durationMs,
    keyId: entry.keyId,
    kind: entry.kind,
    method: entry.method,
    outcome: entry.outcome,
    previous: entry.previous,
    principal: entry.principal,
    principalId: entry.principalId,
    result: digestedInOrder(entry.result),
    rule: entry.rule,
    seq: entry.seq,
    service: entry.service,
    source: entry.source,
    stream: entry.stream,
    tags: entry.tags,
    target: entry.target,
    targetKind: entry.targetKind,
    team: entry.team,
    timeMs: entry.timeMs,
    traceId: entry.traceId,
  }
}

function digestedInOrder(digested: Digested | undefined): Digested | undefined {
  return digested && { bytes: digested.bytes, digest: digested.digest }
}

function generally(entry: Entry): string {
  try {
    return canonicalize(entry) ?? ""
  } catch (cause) {
    throw new GatewayError("internal", "An audit entry has no canonical form; the gateway's log has the cause.", {
      cause,
    })
  }
}

/** 32 bytes: SHA-256 of a zero byte and the body as UTF-8. */
export function hashOf(body: string): Buffer {
  return sha256(`\0${body}`)
}

/** Base64url, as it stands in `previous`. */
export function toText(hash: Buffer): string {
  return hash.toString("base64url")
}
