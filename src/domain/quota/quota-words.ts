/** Quotas in words: `principal:ann`, `tool:files__*`, `15 minutes`. Names of principals are left to who knows them. */

import { GatewayError } from "../../errors.ts"
import type { Quota, QuotaSubject, QuotaTarget } from "./quota.ts"
import { windowUnits, type QuotaWindow } from "./window.ts"

/** @param nameOf the name of the principal with an id */
export function saySubject(subject: QuotaSubject, nameOf: (principalId: string) => string): string {
  if (subject.kind === "principal") return `principal:${nameOf(subject.principalId)}`
  if (subject.kind === "key") return `key:${subject.keyId}`
  if (subject.kind === "team") return `team:${subject.team}`
  return subject.kind
}

export function sayTarget(target: QuotaTarget): string {
  if (target.kind === "service") return `service:${target.service}`
  if (target.kind === "tool") return `tool:${target.pattern}`
  return target.kind
}

/** @throws GatewayError `invalid` */
export function readTarget(text: string): QuotaTarget {
  const { word, rest } = split(text)
  if (text === "everything") return { kind: "everything" }
  if (word === "service" && rest !== "") return { kind: "service", service: rest }
  if (word === "tool" && rest !== "") return { kind: "tool", pattern: rest }
  throw new GatewayError(
    "invalid",
    "target must be everything, service:NAME, or tool:NAME with * for any characters.",
  )
}

export type SubjectWords =
  | Exclude<QuotaSubject, { readonly kind: "principal" }>
  | { readonly kind: "principal"; readonly name: string }

/** @throws GatewayError `invalid` */
export function readSubject(text: string): SubjectWords {
  const { word, rest } = split(text)
  if (text === "everyone" || text === "each_principal") return { kind: text }
  if (word === "principal" && rest !== "") return { kind: "principal", name: rest }
  if (word === "key" && rest !== "") return { kind: "key", keyId: rest }
  if (word === "team" && rest !== "") return { kind: "team", team: rest }
  throw new GatewayError(
    "invalid",
    "subject must be principal:NAME, key:ID, team:NAME, everyone (one allowance for all) or each_principal (its own for each).",
  )
}

export function sayWindow({ unit, count }: Pick<QuotaWindow, "unit" | "count">): string {
  return count === 1 ? unit : `${count} ${unit}s`
}

const windowText = new RegExp(`^(?:([1-9]\\d{0,6}) )?(${windowUnits.join("|")})s?$`)

/** @throws GatewayError `invalid` */
export function readWindow(text: string): Pick<QuotaWindow, "unit" | "count"> {
  const [, count = "1", unit] = windowText.exec(text) ?? []
  const known = windowUnits.find((one) => one === unit)
  if (known) return { unit: known, count: Number(count) }
  throw new GatewayError(
    "invalid",
    `window must be one of ${windowUnits.join(", ")}, or so many of them: 15 minutes.`,
  )
}

const unitWords = { calls: "calls", bytes: "bytes", compute_ms: "ms of compute", cost_usd: "USD" } as const

/** `37 calls per hour` */
export function sayAllowance({ limit, unit, window }: Pick<Quota, "limit" | "unit" | "window">): string {
  return `${limit} ${unitWords[unit]} per ${sayWindow(window)}`
}

/** About how long, rounded up so that nobody comes too early. */
export function sayWait(ms: number): string {
  const [unit, unitMs] = ms < 90_000 ? ["s", 1_000] : ms < 5_400_000 ? ["min", 60_000] : longer(ms)
  return `${Math.ceil(ms / unitMs)} ${unit}`
}

function longer(ms: number): readonly [string, number] {
  return ms < 172_800_000 ? ["h", 3_600_000] : ["days", 86_400_000]
}

function split(text: string): { readonly word: string; readonly rest: string } {
  const colon = text.indexOf(":")
  return { word: text.slice(0, Math.max(colon, 0)), rest: text.slice(colon + 1) }
}
