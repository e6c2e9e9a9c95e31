/** From what set_quota was given to a quota that can be kept: a new one, or one that was there and is changed. */

import { isDeepStrictEqual } from "node:util"
import * as z from "zod"
import { listProblems } from "../../domain/describe-issues.ts"
import { nextVersion } from "../../domain/changes/change.ts"
import { quotaUnits } from "../../domain/quota/amount.ts"
import { countsTheSame } from "../../domain/quota/compare.ts"
import { readTarget, readWindow } from "../../domain/quota/quota-words.ts"
import {
  alertAtSchema,
  algorithms,
  contactSchema,
  limitSchema,
  quotaActions,
  quotaNameSchema,
  quotaSchema,
  type Quota,
} from "../../domain/quota/quota.ts"
import { windowAligns, type QuotaWindow } from "../../domain/quota/window.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { assertMaySet, getQuota, subjectOf } from "./quota-rules.ts"

/** Each is asked of every call, so there cannot be any number of them. */
const maxQuotas = 1_000

export const quotaInput = {
  id: z.string().min(1).max(64).optional().describe("The one to change; absent, the one that fits, or a new one."),
  name: quotaNameSchema.optional().describe("For people."),
  subject: z
    .string()
    .max(128)
    .describe(
      "Whom it limits: principal:NAME, key:ID, team:NAME, everyone (one allowance for all together) or each_principal (each has its own).",
    ),
  target: z
    .string()
    .max(264)
    .describe(
      "Of what: everything, service:NAME, or tool:NAME, a name as listed or a pattern with * such as files__*; prompts too, and resources as SERVICE/URI.",
    ),
  limit: limitSchema.describe("How much, in the unit; 0 lets nothing pass."),
  window: z.string().max(20).describe("In which time: second, minute, hour, day, week, month, or 15 minutes."),
  unit: z
    .enum(quotaUnits)
    .optional()
    .describe(
      "calls where absent. Of the others a call's size is known only at its end: what is open when it is used up is let finish.",
    ),
  algorithm: z
    .enum(algorithms)
    .optional()
    .describe(
      "fixed_window (where absent): anew with each window. sliding_window: never more in any time of that length. token_bucket: fills up evenly, lets what gathered pass at once.",
    ),
  align: z
    .enum(windowAligns)
    .optional()
    .describe(
      "Of fixed windows. calendar (where absent): they begin at round times. rolling: with the first call.",
    ),
  time_zone: z.string().max(64).optional().describe("Whose calendar, such as Europe/Berlin; UTC where absent."),
  alert_at: alertAtSchema.optional().describe("Percentages at which it is told of; 80 and 100 where absent."),
  action: z.enum(quotaActions).optional().describe("refuse (where absent), or warn: count and tell only."),
  contact: contactSchema.optional().describe("Whom refused callers are told to ask; you where absent."),
}

const inputSchema = z.strictObject(quotaInput)
type QuotaInput = z.output<typeof inputSchema>

type Drafted = { readonly before: Quota | undefined; readonly after: Quota }

/** @throws GatewayError `forbidden`, `not_found`, `invalid`, `conflict` */
export async function draftQuota(context: OperationContext, input: QuotaInput): Promise<Drafted> {
  const all = await listAll(context.quotas)
  const { before, after } = await draftOf(context, input, all)
  await assertMaySet(context, { before, after })
  if (!before) await assertRoomForQuota(context)
  return { before, after }
}

/** @throws GatewayError `conflict` */
export async function assertRoomForQuota({ quotas }: Pick<OperationContext, "quotas">): Promise<void> {
  if ((await listAll(quotas)).length < maxQuotas) return
  throw new GatewayError("conflict", `There are ${maxQuotas} quotas; remove one first.`)
}

async function draftOf(context: OperationContext, input: QuotaInput, all: readonly Quota[]): Promise<Drafted> {
  const subject = await subjectOf(context, input.subject)
  const target = readTarget(input.target)
  const named = input.id === undefined ? undefined : await getQuota(context, input.id)
  const unit = input.unit ?? named?.unit ?? "calls"
  const length = readWindow(input.window)
  const alike = all.find((quota) => isAlike(quota, { subject, target, unit, window: length }))
  if (named && alike && alike.id !== named.id)
    throw new GatewayError(
      "conflict",
      `The quota ${alike.id} has this subject, target, unit and window already.`,
      {
        next: { operation: "list_quotas" },
      },
    )
  const before = named ?? alike
  const algorithm = input.algorithm ?? before?.algorithm ?? "fixed_window"
  const window = windowOf(length, algorithm, input, before)
  const name = input.name ?? before?.name
  const facts = {
    ...originOf(context, before),
    ...(name !== undefined && { name }),
    subject,
    target,
    limit: input.limit,
    unit,
    algorithm,
    window,
    alertAt: input.alert_at ?? before?.alertAt ?? [80, 100],
    action: input.action ?? before?.action ?? "refuse",
    contact: input.contact ?? before?.contact ?? context.actor.principal.name,
    changedAtMs: context.nowMs,
  }
  const counter = before && countsTheSame(before, facts) ? before.counter : context.newId()
  return { before, after: checked({ ...facts, counter, version: nextVersion(before) }) }
}

/** Before anything is counted by it. */
function checked(quota: Quota): Quota {
  const read = quotaSchema.safeParse(quota)
  if (read.success) return quota
  const problems = listProblems(read.error.issues, quotaSchema)
  throw new GatewayError("invalid", `There can be no such quota. ${problems.join("; ")}.`, {
    detail: { problems },
  })
}

function originOf(
  { actor, newId, nowMs }: OperationContext,
  before: Quota | undefined,
): Pick<Quota, "id" | "createdAtMs" | "createdBy"> {
  if (!before) return { id: newId(), createdAtMs: nowMs, createdBy: actor.principal.id }
  const { id, createdAtMs, createdBy } = before
  return { id, createdAtMs, createdBy }
}

type WindowLength = Pick<QuotaWindow, "unit" | "count">

function windowOf(
  length: WindowLength,
  algorithm: Quota["algorithm"],
  { align, time_zone: timeZone }: QuotaInput,
  before: Quota | undefined,
): QuotaWindow {
  const usual = algorithm === "fixed_window" ? (before?.window.align ?? "calendar") : "rolling"
  return { ...length, align: align ?? usual, timeZone: timeZone ?? before?.window.timeZone ?? "UTC" }
}

type Identity = Pick<Quota, "subject" | "target" | "unit"> & { readonly window: WindowLength }

function isAlike(quota: Quota, { subject, target, unit, window }: Identity): boolean {
  const { unit: windowUnit, count } = quota.window
  return (
    quota.unit === unit &&
    windowUnit === window.unit &&
    count === window.count &&
    isDeepStrictEqual([quota.subject, quota.target], [subject, target])
  )
}
