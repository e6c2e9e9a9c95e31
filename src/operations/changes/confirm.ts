/**
 * Asking the human behind the caller's client before a change is made, where that client says that it can be asked. What is
 * asked is bound to a plan and its digest: a form is an answer to that plan and to nothing else. A client may answer
 * forms by itself, so a form does for what only wants a second look; what wants another principal's approval is asked with
 * the page where that one gives it.
 *
 * Which change wants what: domain/plans/plan-rules.ts. How a question reaches a client of either era: call/bridge.ts.
 */

import { approvalOf, stateOf, type Plan } from "../../domain/plans/plan.ts"
import { confirmationOf } from "../../domain/plans/plan-rules.ts"
import type { Risk } from "../../domain/plans/risk.ts"
import { GatewayError } from "../../errors.ts"
import { inChangeTurn } from "./change-turn.ts"
import { fulfilPlan } from "../plans/fulfil-plan.ts"
import { planRequired, showPlan } from "../plans/make-plan.ts"
import type { ChangingOperation, OperationContext } from "../operation.ts"
import { plainLine } from "../plain-text.ts"
import { sayPlan } from "../plans/plan-row.ts"

export type ConfirmWay = "form" | "url"

/** The human behind the caller's client, as far as the client can be asked. */
export type Confirming = {
  readonly ways: ReadonlySet<ConfirmWay>
  /** The client, as it names itself. */
  readonly client: string
  /** Where people look at a plan. */
  readonly pageOf: (planId: string) => string
  /** Asks; undefined where the client turned out not to answer questions. @param params of `elicitation/create` */
  readonly ask: (params: object) => Promise<{ readonly action: string; readonly content: unknown } | undefined>
  /** The context of now: the human took time. @throws GatewayError `unauthenticated` */
  readonly again: () => OperationContext
  /** How long an approval on the page is waited for, in ms. */
  readonly waitMs: number
  /** Told which plan was confirmed, for the record. */
  readonly onConfirmed: (plan: Plan) => void
}

export function wayToConfirm(
  { confirming, governance, actor }: OperationContext,
  risk: Risk,
): ConfirmWay | undefined {
  const needed = confirmationOf(governance, risk, actor.principal)
  if (needed === "none") return undefined
  const way = needed === "client" ? "form" : "url"
  return confirming?.ways.has(way) ? way : undefined
}

type Asked = { readonly operation: ChangingOperation; readonly plan: Plan; readonly way: ConfirmWay }

/** @throws GatewayError `forbidden` where the human declines, `plan_required` where no approval comes, `conflict` */
export async function confirmAndApply(
  context: OperationContext,
  { operation, plan, way }: Asked,
): Promise<Readonly<Record<string, unknown>>> {
  const { confirming } = context
  if (!confirming) throw planRequired(plan, context)
  const isAsked = approvalOf(plan, context.nowMs) === undefined
  if (isAsked) await askHuman(context, confirming, { plan, way })
  if (isAsked && way === "url") await untilDecided(confirming, plan)
  const now = confirming.again()
  const confirmedBy = isAsked && way === "form" ? humanAt(confirming) : undefined
  const { input, applied } = await inChangeTurn(now, async () => {
    const kept = (await now.plans.find(plan.id)) ?? plan
    return fulfilPlan(now, { operation, plan: kept, digest: plan.digest, confirmedBy })
  })
  if (confirmedBy !== undefined) confirming.onConfirmed(plan)
  return operation.tell(now, input, applied)
}

const maxNameLength = 64

function humanAt({ client }: Pick<Confirming, "client">): string {
  return plainLine(`the human at ${client}`, maxNameLength)
}

type Question = Pick<Asked, "plan" | "way">

async function askHuman(context: OperationContext, confirming: Confirming, question: Question): Promise<void> {
  const { plan, way } = question
  const shown = sayPlan(await showPlan(context, plan))
  if (way === "form" && shown.length > maxShown) throw planRequired(plan, context)
  const answer = await confirming.ask(way === "form" ? formOf(shown) : linkTo(confirming.pageOf(plan.id), shown))
  if (!answer) throw planRequired(plan, context)
  const { action, content } = answer
  if (action === "accept" && (way === "url" || saysYes(content))) return
  await takeBack(confirming, plan)
  throw new GatewayError("forbidden", "The human at your client said no, so nothing was changed.", {
    detail: { plan: plan.id },
    next: { operation: "get_plan", arguments: { id: plan.id } },
  })
}

function saysYes(content: unknown): boolean {
  return typeof content === "object" && content !== null && "make" in content && content.make === true
}

/** Of a form, whose human must see all that they say yes to; the page of a plan has more room. */
const maxShown = 16_000

function formOf(shown: string): object {
  const make = {
    type: "boolean",
    title: "Make this change",
    description: "Your client asks for it on your behalf.",
    default: false,
  }
  const message = `A change of the gateway needs your word.\n${shown}`
  return { message, requestedSchema: { type: "object", properties: { make }, required: ["make"] } }
}

function linkTo(url: string, shown: string): object {
  const message = `A change of the gateway needs the approval of another principal, who gives it on this page.\n${shown.slice(0, maxShown)}`
  return { mode: "url", message, url }
}

async function takeBack({ again, client }: Confirming, { id }: Plan): Promise<void> {
  const now = again()
  const { plans, actor, nowMs } = now
  await inChangeTurn(now, async () => {
    const plan = await plans.find(id)
    if (!plan || stateOf(plan, nowMs) !== "pending") return
    const rejection = { by: actor.principal.id, atMs: nowMs, reason: `Declined by ${humanAt({ client })}.` }
    await plans.replace({ ...plan, state: "rejected", rejection }, plan.version)
  })
}

/** @throws GatewayError `plan_required` where nobody decides in time */
async function untilDecided({ again, waitMs }: Confirming, { id }: Plan): Promise<void> {
  const { events, plans, signal } = again()
  let due = Promise.withResolvers<void>()
  const unsubscribe = events.subscribe(({ type }) => type === "plans" && due.resolve())
  const late = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
  const end = (): void => due.resolve()
  late.addEventListener("abort", end, { once: true })
  try {
    for (;;) {
      const plan = await plans.find(id)
      const now = again()
      const { nowMs } = now
      if (!plan || stateOf(plan, nowMs) !== "pending") return
      signal.throwIfAborted()
      if (late.aborted) throw planRequired(plan, now)
      await due.promise
      due = Promise.withResolvers<void>()
      if (late.aborted) due.resolve()
    }
  } finally {
    unsubscribe()
    late.removeEventListener("abort", end)
  }
}
