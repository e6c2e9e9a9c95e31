/** Wires the steps of a call to what was opened. Their order: call/call.ts. */

import { createAudit } from "../call/audit.ts"
import { authorize } from "../call/authorize.ts"
import type { OpenCall, Steps } from "../call/call.ts"
import { createCursors } from "../call/cursor.ts"
import type { Limiter } from "../call/limit.ts"
import type { ListSteps } from "../call/list.ts"
import { ManagementLimits } from "../call/limit-management.ts"
import { costRuleOf, meter } from "../call/meter.ts"
import { openCall } from "../call/open-call.ts"
import { Folding } from "../call/folding.ts"
import { refusalOf } from "../call/refusal.ts"
import { resolve } from "../call/resolve.ts"
import { route, type RouteOptions } from "../call/route.ts"
import { bytesInOf } from "../call/sent.ts"
import type { Target } from "../call/target.ts"
import type { Config } from "../config.ts"
import { costBefore } from "../domain/cost.ts"
import { sharedName } from "../domain/naming.ts"
import type { EntryRecorder } from "../domain/audit/log.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { failpoint } from "../failpoint.ts"
import type { Authenticator } from "../identity/authenticator.ts"
import { callIds } from "./call-ids.ts"
import type { Closers } from "./closers.ts"
import { randomDigits } from "./random-digits.ts"
import type { Services } from "./services.ts"
import type { Stores } from "./stores.ts"

export type WiredSteps = {
  readonly steps: Steps & ListSteps
  readonly folding: Folding
}

export type StepsOptions = {
  readonly audit: Config["audit"]
  readonly limits: Config["limits"]
  readonly stores: Pick<Stores, "sealer"> & { readonly authenticator: Pick<Authenticator, "authenticate"> }
  readonly services: Pick<Services, "known">
  readonly recorder: EntryRecorder
  readonly limiter: Limiter
  readonly routing: Omit<RouteOptions, "clock" | "digestFor">
  /** Of this start of the gateway; call ids begin with it. */
  readonly startId: string
}

const flushMs = 1_000
const clock = (): number => performance.now()

export function wireSteps(options: StepsOptions, closers: Closers): WiredSteps {
  const { audit, limits, stores, services, recorder, limiter, routing, startId } = options
  const newHex = randomDigits()
  const newCallId = callIds(startId, newHex)
  const folding = openFolding(new Folding(recorder, newCallId), closers)
  const auditing = createAudit({
    recorder,
    folding,
    catalog: () => services.known().catalog,
    payloads: audit.payloads,
    copyBytes: audit.copyBytes,
    now: Date.now,
  })
  const routeOptions: RouteOptions = { ...routing, clock, digestFor: auditing.digestFor }
  const management = new ManagementLimits(limits)
  const steps: WiredSteps["steps"] = {
    ...auditing,
    cursors: createCursors(stores.sealer),
    open: (call) => {
      const arrivedMs = Date.now()
      return openCall(call, { id: newCallId(arrivedMs), newHex, arrivedMs, beganMs: clock() })
    },
    authenticate: (caller) => stores.authenticator.authenticate(caller),
    resolve: (principal, request) => resolve(services.known(), principal, request),
    authorize: (principal, target, call) => authorize(services.known(), principal, target, call),
    limit: (principal, target, call) =>
      target.kind === "operation"
        ? management.take({ principalId: principal.principal.id, isChange: target.tool.isChange }, clock())
        : limit(limiter, { principal, target, call }),
    route: (principal, target, call) => {
      failpoint("call.forward.before")
      return route(routeOptions, principal, target, call)
    },
    refusal: (call) => refusalOf(services.known(), call),
    meter: (call) => {
      if (call.answer) failpoint("call.forward.after")
      meter(call, clock)
    },
  }
  return { steps, folding }
}

type Asked = {
  readonly principal: ActivePrincipal
  readonly target: Exclude<Target, { kind: "operation" }>
  readonly call: OpenCall
}

function limit(limiter: Limiter, { principal, target, call }: Asked): ReturnType<Steps["limit"]> {
  const { service, canonicalName } = target.entry
  const bytesIn = bytesInOf(call)
  const fixedCostMicroUsd = costBefore(costRuleOf(target), bytesIn)
  const ownName = target.kind === "item" ? ownNameOf(target.entry) : undefined
  return limiter.limit({ principal, service, canonicalName, ownName, bytesIn, fixedCostMicroUsd })
}

function ownNameOf({ service, kind, item }: Extract<Target, { kind: "item" }>["entry"]): string | undefined {
  return kind === "tools" ? sharedName(service, item.name) : undefined
}

function openFolding(folding: Folding, closers: Closers): Folding {
  const timer = setInterval(() => folding.flush(Date.now()), flushMs).unref()
  closers.add(() => {
    clearInterval(timer)
    folding.flush(Number.POSITIVE_INFINITY)
  })
  return folding
}
