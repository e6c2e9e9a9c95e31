/**
 * Wires the calls of a worker: the same steps in the same order as the owner's, with the owner's limiter and recorder at
 * the other end of the line.
 */

import { call, type CallRequest } from "../../../call/call.ts"
import type { Folding } from "../../../call/folding.ts"
import type { Known } from "../../../call/resolve.ts"
import type { Sealer } from "../../../domain/secrets/secret.ts"
import { GatewayError } from "../../../errors.ts"
import type { CallingFleet } from "../../../fleet/calling-fleet.ts"
import type { Recognizer } from "../../../identity/authenticator.ts"
import type { Log } from "../../../log.ts"
import { cancellationOf } from "../../../mcp/cancellation.ts"
import type { Answer } from "../../../mcp/message.ts"
import type { Closers } from "../../closers.ts"
import { endingRefused } from "../../ending.ts"
import { OpenCalls } from "../../open-calls.ts"
import { wireSending } from "../../sending.ts"
import { wireSteps } from "../../steps.ts"
import { wireTasks } from "../../tasks.ts"
import type { WorkerSettings } from "../line/messages.ts"
import type { OwnerLedger } from "./owner-ledger.ts"

export type WorkerCallsOptions = {
  readonly settings: WorkerSettings
  readonly log: Log
  readonly sealer: Sealer
  readonly recognizer: Recognizer
  readonly known: () => Known
  readonly fleet: CallingFleet
  readonly ledger: OwnerLedger
  /** Aborts when no more calls are taken. */
  readonly stopping: AbortSignal
}

export type WorkerCalls = {
  readonly folding: Folding
  readonly call: (request: CallRequest) => Promise<Answer>
  /** To be called when somebody may have lost the right to call. */
  readonly endRefused: () => void
  readonly drained: (graceMs: number) => Promise<void>
}

export function wireWorkerCalls(options: WorkerCallsOptions, closers: Closers): WorkerCalls {
  const { settings, log, sealer, recognizer: authenticator, known, fleet, ledger, stopping } = options
  const { config, startId } = settings
  const stores = { sealer, authenticator }
  const services = { fleet, known }
  const sending = wireSending({ config, stores, services, stopping }, wireTasks(stores, services))
  const { steps, folding } = wireSteps(
    {
      audit: config.audit,
      limits: config.limits,
      stores,
      services,
      recorder: ledger,
      limiter: ledger.limiter,
      routing: {
        ...sending,
        perform: () => Promise.reject(new GatewayError("internal", "Workers perform no operations.")),
      },
      startId,
    },
    closers,
  )
  const claiming: typeof steps = {
    ...steps,
    auditStart: (open) => {
      ledger.claimFor(open)
      return steps.auditStart(open)
    },
  }
  const open = new OpenCalls(stopping)
  return {
    folding,
    call: async (request) => {
      const number = open.enter(request)
      try {
        return await call(claiming, request)
      } catch (thrown) {
        report(log, thrown, request)
        throw thrown
      } finally {
        open.leave(number)
      }
    },
    endRefused: endingRefused({ open, bridge: sending.bridge, steps }),
    drained: (graceMs) => open.drained(graceMs),
  }
}

/** Of what failed inside the client is told nothing. */
function report(log: Log, thrown: unknown, { request: { method }, exchange }: CallRequest): void {
  if (cancellationOf(exchange).aborted || (thrown instanceof Error && thrown.name === "ProtocolError")) return
  const error = GatewayError.from(thrown)
  if (error.code === "internal") log.error({ err: error.cause ?? error, method }, "A call failed inside a worker.")
}
