/**
 * What nobody may do to quotas, whatever permissions they hold: touch one that covers themselves. One over everyone
 * covers whoever may use anything, so it may be made stricter by all who may set quotas, and looser only by those who
 * could gain nothing by it.
 */

import { isDeepStrictEqual } from "node:util"
import type { Draft } from "../domain/collection.ts"
import type { Grants } from "../domain/permission.ts"
import { readSubject } from "../domain/quota/quota-words.ts"
import type { Quota, QuotaSubject } from "../domain/quota/quota.ts"
import { GatewayError } from "../errors.ts"
import { getPrincipal } from "./identity-rules.ts"
import type { OperationContext } from "./operation.ts"

export type QuotaChange = { readonly before?: Quota | undefined; readonly after?: Draft<Quota> | undefined }

/** @throws GatewayError `forbidden` */
export async function assertMaySet(context: OperationContext, { before, after }: QuotaChange): Promise<void> {
  for (const { subject } of [before, after].filter((quota) => quota !== undefined)) {
    if (await namesActor(context, subject)) throw ownQuota("Nobody sets, changes or removes a quota of their own")
  }
  if (before && isForAll(before) && usesAnything(context.actor.principal.grants) && isLooser(before, after))
    throw ownQuota("This quota covers you too, so you may only make it stricter")
}

/** Whether both count the same things in the same way, so that what was counted by one still holds for the other. */
export function countsTheSame(one: Omit<Draft<Quota>, "counter">, other: Omit<Draft<Quota>, "counter">): boolean {
  const counted = ({ subject, target, unit, algorithm, window }: Omit<Draft<Quota>, "counter">): unknown => [
    subject,
    target,
    unit,
    algorithm,
    window,
  ]
  return isDeepStrictEqual(counted(one), counted(other))
}

/** @throws GatewayError `invalid`, `not_found` */
export async function subjectOf(
  context: Pick<OperationContext, "principals" | "keys">,
  text: string,
): Promise<QuotaSubject> {
  const read = readSubject(text)
  if (read.kind === "principal")
    return { kind: "principal", principalId: (await getPrincipal(context, read.name)).id }
  if (read.kind === "key" && !(await context.keys.find(read.keyId))) {
    throw new GatewayError("not_found", `There is no key with the id ${read.keyId}.`, {
      next: { operation: "list_keys" },
    })
  }
  return read
}

/** @throws GatewayError `not_found` */
export async function getQuota({ quotas }: Pick<OperationContext, "quotas">, id: string): Promise<Quota> {
  const quota = await quotas.find(id)
  if (quota) return quota
  throw new GatewayError("not_found", `There is no quota with the id ${id}.`, {
    next: { operation: "list_quotas" },
  })
}

function isLooser(before: Quota, after: Draft<Quota> | undefined): boolean {
  if (!after || !countsTheSame(before, after)) return true
  return after.limit > before.limit || (before.action === "refuse" && after.action === "warn")
}

async function namesActor({ actor, keys }: OperationContext, subject: QuotaSubject): Promise<boolean> {
  const { id, team } = actor.principal
  if (subject.kind === "key") return (await keys.find(subject.keyId))?.principalId === id
  if (subject.kind === "team") return subject.team === team
  return subject.kind === "principal" && subject.principalId === id
}

function isForAll({ subject: { kind } }: Quota): boolean {
  return kind === "everyone" || kind === "each_principal"
}

function usesAnything({ tools, prompts, resources }: Grants): boolean {
  return [tools, prompts, resources].some(({ allow }) => allow.length > 0)
}

function ownQuota(what: string): GatewayError {
  return new GatewayError(
    "forbidden",
    `${what}; ask another principal that holds quotas:write and that it does not cover.`,
    { next: { operation: "list_quotas" } },
  )
}
