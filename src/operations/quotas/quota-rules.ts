/**
 * What nobody may do to quotas, whatever permissions they hold: touch one that names themselves, their key or their
 * team. One over everyone names nobody, and somebody must be able to loosen it.
 */

import type { Draft } from "../../domain/collection.ts"
import { readSubject } from "../../domain/quota/quota-words.ts"
import type { Quota, QuotaSubject } from "../../domain/quota/quota.ts"
import { GatewayError } from "../../errors.ts"
import { getPrincipal } from "../identity/identity-rules.ts"
import type { OperationContext } from "../operation.ts"

export type QuotaChange = { readonly before?: Quota | undefined; readonly after?: Draft<Quota> | undefined }

/** @throws GatewayError `forbidden` */
export async function assertMaySet(context: OperationContext, { before, after }: QuotaChange): Promise<void> {
  for (const { subject } of [before, after].filter((quota) => quota !== undefined)) {
    if (await namesActor(context, subject)) throw ownQuota()
  }
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

async function namesActor({ actor, keys }: OperationContext, subject: QuotaSubject): Promise<boolean> {
  const { id, team } = actor.principal
  if (subject.kind === "key") return (await keys.find(subject.keyId))?.principalId === id
  if (subject.kind === "team") return subject.team === team
  return subject.kind === "principal" && subject.principalId === id
}

function ownQuota(): GatewayError {
  return new GatewayError(
    "forbidden",
    "Nobody sets, changes or removes a quota of their own; ask another principal that holds quotas:write.",
    { next: { operation: "list_quotas" } },
  )
}
