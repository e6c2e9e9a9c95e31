/**
 * An entry as one line of the Common Event Format, for systems that collect security events. Members that CEF has no
 * key for go under keys of our own, `mcpMeta...`.
 *
 * @see ArcSight Common Event Format, implementation standard, version 0.1
 */

import { isIPv4, isIPv6 } from "node:net"
import type { Entry, KeptEntry } from "../entry.ts"
import { severityOf, titleOf, type Severity } from "./severity.ts"

/** 0 to 10. */
const levels: Readonly<Record<Severity, number>> = { informational: 1, low: 3, medium: 6, high: 9 }

/** @param version of the gateway */
export function toCef({ entry, hash }: KeptEntry, version: string): string {
  const header = ["mcp-meta", "gateway", version, entry.kind, titleOf(entry), levels[severityOf(entry)]]
  const members = Object.entries(extensionOf(entry, hash)).filter(([, value]) => value !== undefined)
  const extension = members.map(([key, value]) => `${key}=${inExtension(String(value))}`)
  return `CEF:0|${header.map((field) => inHeader(String(field))).join("|")}|${extension.join(" ")}`
}

type Members = Readonly<Record<string, string | number | undefined>>

function extensionOf(entry: Entry, hash: string): Members {
  const { detail, tags } = entry
  return {
    rt: entry.timeMs,
    externalId: `${entry.stream}/${entry.seq}`,
    suser: entry.principal,
    suid: entry.principalId,
    ...sourceOf(entry.source),
    requestClientApplication: entry.client,
    act: entry.method,
    outcome: entry.outcome,
    cnt: entry.count,
    in: entry.arguments?.bytes,
    out: entry.result?.bytes,
    ...labelled("cs1", "target", entry.target),
    ...labelled("cs2", "service", entry.service),
    ...labelled("cs3", "rule", entry.rule),
    ...labelled("cs4", "call", entry.callId),
    ...labelled("cs5", "key", entry.keyId),
    ...labelled("cs6", "hash", hash),
    ...labelled("cfp1", "durationMs", entry.durationMs),
    ...labelled("cfp2", "computeMs", entry.computeMs),
    ...labelled("cn1", "costMicroUsd", entry.costMicroUsd),
    mcpMetaTargetKind: entry.targetKind,
    mcpMetaTeam: entry.team,
    mcpMetaTags: tags?.join(","),
    mcpMetaTraceId: entry.traceId,
    mcpMetaArgumentsDigest: entry.arguments?.digest,
    mcpMetaResultDigest: entry.result?.digest,
    msg: detail && JSON.stringify(detail),
  }
}

function sourceOf(source: string | undefined): Members {
  if (source === undefined) return {}
  if (isIPv4(source)) return { src: source }
  return isIPv6(source) ? labelled("c6a2", "source", source) : { shost: source }
}

function labelled(key: string, label: string, value: string | number | undefined): Members {
  return value === undefined ? {} : { [key]: value, [`${key}Label`]: label }
}

/** What would end the line, for one reader or another. */
// oxlint-disable-next-line no-control-regex -- control characters are what is meant
const breaks = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

function inHeader(text: string): string {
  return text.replaceAll(/[\\|]/g, String.raw`\$&`).replaceAll(breaks, " ")
}

function inExtension(text: string): string {
  const escaped = text.replaceAll(/[\\=]/g, String.raw`\$&`)
  return escaped
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\r", String.raw`\r`)
    .replaceAll(breaks, " ")
}
