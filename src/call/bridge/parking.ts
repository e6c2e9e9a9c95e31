/**
 * The parked calls of this process: found by a name that is good once, bounded for each principal and in all, and
 * cancelled when their client does not come back in time. What one of them does: parked-call.ts.
 */

import type { WhyRefused } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import type { Answer, Exchange, Request } from "../../mcp/message.ts"
import type { CallRequest } from "../call.ts"
import { OpenCounts } from "../open-counts.ts"
import { ParkedCall } from "./parked-call.ts"

export type ParkingOptions = {
  /** `limits.parkedMs` */
  readonly parkedMs: number
  /** `limits.parkedPerPrincipal` */
  readonly maxPerPrincipal: number
  readonly newId: () => string
}

/** A call while its client is away. */
type Away = {
  readonly call: ParkedCall
  /** Who called, and what, as its client wrote it. */
  readonly asked: ParkedFor
}

export type ParkedFor = Pick<CallRequest, "caller" | "mount" | "request">

type Live = (exchange: Exchange) => Promise<Answer>

const maxParked = 4_096

export class Parking {
  readonly #options: ParkingOptions
  readonly #open: OpenCounts
  /** Calls that have asked something, with what gives back their room. */
  readonly #calls = new Map<ParkedCall, () => void>()
  /** Those among them whose client is away, by their names. */
  readonly #away = new Map<string, Away & { readonly timer: NodeJS.Timeout }>()
  #closed = false

  constructor(options: ParkingOptions) {
    this.#options = options
    this.#open = new OpenCounts(options.maxPerPrincipal, tooManyParked)
  }

  /** Calls that wait for their client, or have done so. */
  get size(): number {
    return this.#calls.size
  }

  start(principalId: string, request: Request, live: Live): ParkedCall {
    return new ParkedCall({
      request,
      live,
      admit: (call) => this.#admit(call, principalId),
      onEnd: (call) => {
        this.#calls.get(call)?.()
        this.#calls.delete(call)
      },
    })
  }

  /** Keeps the call until its client is back. @returns the name to take it by */
  park({ call, asked }: Away): string {
    if (this.#closed) {
      call.cancel(stopping())
      throw stopping()
    }
    const name = this.#options.newId()
    const timer = setTimeout(() => this.take(name)?.cancel(late(this.#options.parkedMs)), this.#options.parkedMs)
    this.#away.set(name, { call, asked, timer: timer.unref() })
    return name
  }

  take(name: string): ParkedCall | undefined {
    const away = this.#away.get(name)
    this.#away.delete(name)
    clearTimeout(away?.timer)
    return away?.call
  }

  /** Cancels those whose callers are refused now. @returns them */
  endRefused(whyRefused: WhyRefused): readonly ParkedFor[] {
    const ended: ParkedFor[] = []
    for (const [name, { asked }] of this.#away) {
      const why = whyRefused(asked.caller)
      if (!why) continue
      this.take(name)?.cancel(why)
      ended.push(asked)
    }
    return ended
  }

  /** Cancels whatever waits for a client that could not come back any more. */
  close(): void {
    this.#closed = true
    for (const name of this.#away.keys()) this.take(name)?.cancel(stopping())
  }

  #admit(call: ParkedCall, principalId: string): void {
    if (this.#calls.has(call)) return
    if (this.#calls.size >= maxParked) throw tooManyInAll()
    this.#calls.set(call, this.#open.enter(principalId))
  }
}

function tooManyParked(max: number): GatewayError {
  const limit = "limits.parkedPerPrincipal"
  const text = `You have ${max} calls waiting for your answers, as many as ${limit} lets you; answer some of them.`
  return new GatewayError("overloaded", text, { detail: { limit, open: max }, retryAfterMs: 1_000 })
}

function tooManyInAll(): GatewayError {
  const text = `${maxParked} calls wait for the answers of their clients, the limit; try again later.`
  return new GatewayError("overloaded", text, { retryAfterMs: 1_000 })
}

function late(parkedMs: number): GatewayError {
  return new GatewayError(
    "timeout",
    `The client did not come back within ${parkedMs} ms, the limit (limits.parkedMs).`,
  )
}

export function stopping(): GatewayError {
  return new GatewayError("service_unavailable", "The gateway is stopping; make the call anew soon.", {
    retryAfterMs: 1_000,
  })
}
