/** Wires calls: those of services, and those of operations (performing.ts), which are calls like any other. */

import { hash } from "node:crypto"
import { call, type CallRequest } from "../call/call.ts"
import type { Limiter } from "../call/limit.ts"
import type { LookAt } from "../call/own-watches.ts"
import type { Folding } from "../call/folding.ts"
import { resolve } from "../call/resolve.ts"
import type { TaskCallsOptions } from "../call/tasks/sent.ts"
import { failpoint } from "../failpoint.ts"
import type { Answer } from "../mcp/message.ts"
import type { Closers } from "./closers.ts"
import { endingRefused } from "./ending.ts"
import { OpenCalls } from "./open-calls.ts"
import { performing, readOwn, type PerformingOptions } from "./performing.ts"
import { wireSending } from "./sending.ts"
import { wireSteps, type WiredSteps } from "./steps.ts"
import { wireTasks } from "./tasks.ts"

export type Calls = {
  readonly steps: WiredSteps["steps"]
  readonly folding: Folding
  readonly tasks: TaskCallsOptions
  /** One call. For what is unknown right after the start it waits until the services were heard, or had their time. */
  readonly call: (request: CallRequest) => Promise<Answer>
  readonly lookAt: LookAt
  /** How many there were so far, or a few more. */
  readonly made: () => number
  /** Resolves when no call is open, or when their time is over. */
  readonly drained: (graceMs: number) => Promise<void>
}

export type CallsOptions = PerformingOptions & {
  readonly limiter: Limiter
  /** Aborts when no more calls are taken. */
  readonly stopping: AbortSignal
}

export function wireCalls(options: CallsOptions, closers: Closers): Calls {
  const { config, stores, services, audit, limiter, stopping } = options
  const { recorder } = audit
  const startId = audit.log.head().stream
  const tasks = wireTasks(stores, services)
  const sending = wireSending(options, tasks)
  const routing = { ...sending, perform: performing(options, sending.bridge) }
  const { steps, folding } = wireSteps(
    { audit: config.audit, limits: config.limits, stores, services, recorder, limiter, routing, startId },
    closers,
  )
  const open = new OpenCalls(stopping)
  const endRefused = endingRefused({ open, bridge: sending.bridge, steps })
  closers.add(stores.events.subscribe(({ type }) => type === "identity" && endRefused()))
  let settled = false
  void services.fleet.settled().then(() => (settled = true))
  const isUnknownYet = (request: CallRequest): boolean => {
    try {
      resolve(services.known(), steps.authenticate(request.caller), request)
      return false
    } catch {
      return true
    }
  }
  return {
    steps,
    folding,
    tasks,
    call: async (request) => {
      const number = open.enter(request)
      try {
        if (!settled && isUnknownYet(request)) await services.fleet.settled()
        const answer = await call(steps, request)
        failpoint("call.answer.before")
        return answer
      } finally {
        open.leave(number)
      }
    },
    lookAt: async (resource, principal) => {
      const { output } = await readOwn(options, resource, {
        principal,
        signal: new AbortController().signal,
        from: {},
      })
      return hash("sha256", JSON.stringify(output), "base64url")
    },
    made: () => open.made,
    drained: (graceMs) => open.drained(graceMs),
  }
}
