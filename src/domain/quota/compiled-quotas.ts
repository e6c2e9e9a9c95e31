/**
 * All quotas made ready to be asked on every call: which of them cover it, and under which key each counts it. What a
 * quota is: quota.ts.
 */

import { compilePatterns } from "../pattern.ts"
import { amountOf } from "./amount.ts"
import type { Rule } from "./counters.ts"
import { saySubject } from "./quota-words.ts"
import type { Quota, QuotaSubject, QuotaTarget } from "./quota.ts"

/** Whom quotas count. Empty stands for none. */
export type QuotaUser = {
  readonly principalId: string
  readonly keyId?: string | undefined
  readonly team?: string | undefined
}

/** What quotas know of a call: who makes it, to which service, and the canonical name of what it calls. */
export type CountedCall = QuotaUser & {
  readonly service: string
  readonly canonicalName: string
  /** The name it had if its service's file renamed nothing: a new name escapes no quota. */
  readonly ownName?: string | undefined
}

export type AppliedQuota = { readonly quota: Quota; readonly key: string; readonly rule: Rule }

export type CompiledQuotas = {
  readonly all: readonly Quota[]
  /** Empty where none covers the call. */
  find(call: CountedCall): readonly AppliedQuota[]
}

type CompiledQuota = {
  readonly quota: Quota
  readonly rule: Rule
  readonly covers: (call: CountedCall) => boolean
}

/** Answers remembered, and the longest name they are remembered for: a principal may read any number of resources. */
const maxRemembered = 20_000
const maxNameLength = 256
const none: readonly AppliedQuota[] = []

export function compileQuotas(quotas: readonly Quota[]): CompiledQuotas {
  const bySubject = Map.groupBy(quotas.map(compile), ({ quota }) => subjectKey(quota.subject))
  const remembered = new Map<string, readonly AppliedQuota[]>()
  const search = (call: CountedCall): readonly AppliedQuota[] => {
    const found = subjectKeys(call).flatMap((key) => bySubject.get(key) ?? [])
    return found.filter(({ covers }) => covers(call)).map((one) => apply(one, call.principalId))
  }
  return {
    all: quotas,
    find: (call) => {
      if (quotas.length === 0) return none
      if (call.canonicalName.length > maxNameLength) return search(call)
      const { principalId, keyId = "", team = "", service, canonicalName, ownName = canonicalName } = call
      const asked = [principalId, keyId, team, service, canonicalName, ownName].join("\n")
      const known = remembered.get(asked)
      if (known) return known
      const found = search(call)
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(asked, found)
      return found
    },
  }
}

/** Whether a quota counts what this principal uses, whatever it calls. */
export function countsFor({ subject }: Pick<Quota, "subject">, user: QuotaUser): boolean {
  return subjectKeys(user).includes(subjectKey(subject))
}

/** How a quota counts this principal. */
export function ruleOf({ algorithm, window, action, unit, limit }: Quota): Rule {
  return { algorithm, window, action, limit: amountOf(unit, limit) }
}

export function counterKey({ subject, counter }: Quota, principalId: string): string {
  return subject.kind === "each_principal" ? `${counter}/${principalId}` : counter
}

function compile(quota: Quota): CompiledQuota {
  return { quota, rule: ruleOf(quota), covers: coversTarget(quota.target) }
}

function apply({ quota, rule }: CompiledQuota, principalId: string): AppliedQuota {
  return { quota, rule, key: counterKey(quota, principalId) }
}

function coversTarget(target: QuotaTarget): CompiledQuota["covers"] {
  if (target.kind === "everything") return () => true
  if (target.kind === "service") return ({ service }) => service === target.service
  const matches = compilePatterns([target.pattern])
  return ({ canonicalName, ownName }) => matches(canonicalName) || (ownName !== undefined && matches(ownName))
}

function subjectKey(subject: QuotaSubject): string {
  return saySubject(subject, (principalId) => principalId)
}

/** Of all subjects that a principal is one of. */
function subjectKeys({ principalId, keyId, team }: QuotaUser): readonly string[] {
  const own = [`principal:${principalId}`, "everyone", "each_principal"]
  return [...own, ...(keyId ? [`key:${keyId}`] : []), ...(team ? [`team:${team}`] : [])]
}
