/** What `mcp-meta status` says below the services: quotas near their limit, issues, the head of the audit log. */

import { visibleLine } from "../../domain/visible-text.ts"
import { ago } from "./ago.ts"
import { paint } from "./screen.ts"

export type Issue = { readonly service: string; readonly subject?: string; readonly message: string }

export type Quota = {
  readonly id: string
  readonly name?: string
  readonly subject: string
  readonly target: string
  readonly unit: string
  readonly limit: number
  readonly used?: number
  readonly resetsAt?: string
}

export type AuditHead = {
  readonly stream: string
  readonly seq: number
  readonly checkpoint?: { readonly size: number; readonly time: string }
  readonly available: boolean
  readonly trouble?: string
  readonly sinkTroubles?: readonly { readonly sink: string; readonly message: string }[]
}

export type Workers = { readonly up: number; readonly of: number }

/** What was refused or cut off, by its kind. */
export type Load = { readonly level: number; readonly shed: Readonly<Record<string, number>> }

const refusing = ["nothing", "new sessions and streams", "new calls", "new connections"]
const nearLimit = 0.8

/** Quotas that will soon refuse, the fullest first. */
export function nearTheirLimit(quotas: readonly Quota[]): readonly Quota[] {
  const fullness = ({ used = 0, limit }: Quota): number => (limit > 0 ? used / limit : 0)
  return quotas
    .filter((quota) => fullness(quota) >= nearLimit)
    .toSorted((one, other) => fullness(other) - fullness(one))
}

export function drawWorkers({ up, of }: Workers): readonly string[] {
  const line = `Workers: ${up} of ${of} up`
  return [up < of ? paint("red", line) : line]
}

export function drawLoad({ level, shed }: Load): readonly string[] {
  const counts = Object.entries(shed).filter(([, count]) => count > 0)
  const since = counts.map(([kind, count]) => `${count} ${kind}`).join(", ") || "nothing"
  const line = visibleLine(
    `Load: level ${level}, refuses ${refusing[level] ?? "all"}; refused since the start: ${since}`,
  )
  return [level > 0 ? paint("red", line) : line]
}

export function drawQuotas(near: readonly Quota[]): readonly string[] {
  if (near.length === 0) return ["Quotas near their limit: 0"]
  const lines = near.map(({ id, name, subject, target, unit, limit, used = 0, resetsAt }) => {
    const until = resetsAt === undefined ? "" : `, resets at ${resetsAt}`
    return item(`${name ?? id}: ${used} of ${limit} ${unit}, ${subject} on ${target}${until}`)
  })
  return [paint("yellow", `Quotas near their limit: ${near.length}`), ...lines]
}

export function drawIssues(issues: readonly Issue[]): readonly string[] {
  const head = `Issues: ${issues.length}`
  const lines = issues.map(({ service, subject, message }) =>
    item(`${service}${subject === undefined ? "" : ` ${subject}`}: ${message}`),
  )
  return [issues.length > 0 ? paint("yellow", head) : head, ...lines]
}

export function drawHead(head: AuditHead): readonly string[] {
  const { stream, seq, checkpoint, available, trouble, sinkTroubles = [] } = head
  const signed = checkpoint ? `checkpoint at ${checkpoint.size}, ${ago(checkpoint.time)}` : "no checkpoint yet"
  const line = visibleLine(`Audit: ${seq} entries in ${stream}, ${signed}`)
  const stopped = available
    ? []
    : [paint("red", visibleLine(`  nothing can be recorded: ${trouble ?? "unknown"}`))]
  const sinks = sinkTroubles.map(({ sink, message }) => paint("yellow", item(`${sink} sink: ${message}`)))
  return [line, ...stopped, ...sinks]
}

function item(text: string): string {
  return visibleLine(`  ${text}`)
}
