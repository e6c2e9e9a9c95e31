/**
 * An entry as an event of the Open Cybersecurity Schema Framework: class API Activity (6003) of version 1.3. What the
 * class has no place for is kept under `unmapped`.
 *
 * @see https://schema.ocsf.io/1.3.0/classes/api_activity
 */

import { isIP } from "node:net"
import type { Entry, KeptEntry } from "../entry.ts"
import { severityOf, titleOf, type Severity } from "./severity.ts"

const schemaVersion = "1.3.0"
const classUid = 6_003
const severityIds: Readonly<Record<Severity, number>> = { informational: 1, low: 2, medium: 3, high: 4 }
const other = 99

/** @param version of the gateway. @returns what JSON.stringify makes one line of */
export function toOcsf(kept: KeptEntry, version: string): Readonly<Record<string, unknown>> {
  const { entry } = kept
  const activity = activityOf(entry)
  const severity = severityOf(entry)
  return {
    category_uid: 6,
    category_name: "Application Activity",
    class_uid: classUid,
    class_name: "API Activity",
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: classUid * 100 + activity.id,
    time: entry.timeMs,
    ...(entry.durationMs !== undefined && { duration: Math.round(entry.durationMs) }),
    ...(entry.count !== undefined && { count: entry.count }),
    severity_id: severityIds[severity],
    severity: severity.charAt(0).toUpperCase() + severity.slice(1),
    ...statusOf(entry),
    message: titleOf(entry),
    metadata: metadataOf(entry, version),
    actor: { user: userOf(entry) },
    api: apiOf(entry),
    src_endpoint: sourceOf(entry),
    ...(entry.target !== undefined && {
      resources: [{ name: entry.target, type: entry.targetKind ?? "unknown" }],
    }),
    unmapped: unmappedOf(kept),
  }
}

/** Whether a tool creates or deletes, only its service knows. */
function activityOf({ kind, method }: Entry): { readonly id: number; readonly name: string } {
  const reads = kind === "list" || /\/(list|read|get)$/.test(method ?? "")
  return reads ? { id: 2, name: "Read" } : { id: other, name: method ?? kind }
}

function statusOf({ outcome }: Entry): Readonly<Record<string, unknown>> {
  if (outcome === undefined) return { status_id: 0, status: "Unknown" }
  if (outcome === "ok") return { status_id: 1, status: "Success" }
  if (outcome === "input_required" || outcome === "cancelled") return { status_id: other, status: outcome }
  return { status_id: 2, status: "Failure", status_code: outcome }
}

function metadataOf(entry: Entry, version: string): Readonly<Record<string, unknown>> {
  return {
    version: schemaVersion,
    product: { name: "gateway", vendor_name: "mcp-meta", version },
    uid: `${entry.stream}/${entry.seq}`,
    sequence: entry.seq,
    log_name: entry.stream,
    event_code: entry.kind,
    ...(entry.callId !== undefined && { correlation_uid: entry.callId }),
    ...(entry.tags !== undefined && { labels: entry.tags }),
  }
}

const ofTheLog = new Set(["opening", "closing", "gap", "rotation", "retention"])

function userOf(entry: Entry): Readonly<Record<string, unknown>> {
  const { principal, principalId, keyId, team } = entry
  if (principal === undefined && principalId === undefined) {
    return ofTheLog.has(entry.kind) ? { name: "mcp-meta", type_id: 3 } : { name: "unauthenticated", type_id: 0 }
  }
  return {
    ...(principal !== undefined && { name: principal }),
    ...(principalId !== undefined && { uid: principalId }),
    ...(keyId !== undefined && { credential_uid: keyId }),
    ...(team !== undefined && { groups: [{ name: team }] }),
  }
}

function apiOf({ method, kind, service, arguments: given, callId }: Entry): Readonly<Record<string, unknown>> {
  return {
    operation: method ?? kind,
    ...(service !== undefined && { service: { name: service } }),
    ...(given !== undefined && callId !== undefined && { request: { uid: callId } }),
  }
}

/** The class asks for one; without an address, the client's own name tells most. */
function sourceOf({ source, client }: Entry): Readonly<Record<string, unknown>> {
  if (source !== undefined) return isIP(source) > 0 ? { ip: source } : { hostname: source }
  return { name: client ?? "mcp-meta" }
}

const mapped = new Set(
  "timeMs seq stream kind outcome count principal principalId keyId team method service target targetKind tags source client callId".split(
    " ",
  ),
)

function unmappedOf({ entry, hash }: KeptEntry): Readonly<Record<string, unknown>> {
  const rest = Object.entries(entry).filter(([name]) => !mapped.has(name))
  return { ...Object.fromEntries(rest), hash }
}
