/**
 * An entry as a syslog message (RFC 5424), framed as TLS carries it (RFC 5425): its length in bytes stands before it.
 * The `key` of the structured data is the same whenever the same entry is sent again.
 */

import { hostname } from "node:os"
import { severityOf, type Severity } from "../domain/audit/formats/severity.ts"
import type { Item } from "./sink.ts"

/** "log audit". */
const facility = 13
const severities: Readonly<Record<Severity, number>> = { informational: 6, low: 5, medium: 4, high: 3 }
/** 32473 is the enterprise number that RFC 5612 sets aside for who has none. */
const dataId = "entry@32473"
/** Says that the text is UTF-8. */
const byteOrderMark = "\uFEFF"
const longestHost = 255
const host =
  hostname()
    .replaceAll(/[^!-~]/g, "")
    .slice(0, longestHost) || "-"

export function framed(item: Item): Buffer {
  const message = Buffer.from(messageOf(item))
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}

function messageOf({ key, kept: { entry, hash }, line }: Item): string {
  const priority = facility * 8 + severities[severityOf(entry)]
  const head = [`<${priority}>1`, new Date(entry.timeMs).toISOString(), host, "mcp-meta", "-", entry.kind]
  const data = `[${dataId} key="${inQuotes(key)}" hash="${inQuotes(hash)}"]`
  return `${head.join(" ")} ${data} ${byteOrderMark}${line}`
}

/** RFC 5424, 6.3.3 */
function inQuotes(text: string): string {
  return text.replaceAll(/["\\\]]/g, String.raw`\$&`)
}
