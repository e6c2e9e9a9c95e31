/**
 * The event stream of the REST door: what happens in the gateway, as server-sent events, for as long as the principal
 * may see it.
 */

import type { Events, GatewayEvent } from "../../domain/event.ts"
import type { OpenCounts } from "../../call/open-counts.ts"
import type { ActivePrincipal, Caller } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"

type EventOptions = {
  readonly events: Events
  readonly stopping: AbortSignal
  readonly authenticate: (caller: Caller) => ActivePrincipal
  /** How many each principal has open. */
  readonly pipes: OpenCounts
}

const permission = "events:read"
const keepAliveMs = 15_000
/** Events a reader may be behind; the next one ends its stream. */
const maxWaiting = 1_024
const maxStreams = 1_000
const encoder = new TextEncoder()

let open = 0

/** @throws GatewayError `forbidden`, `overloaded`, `unauthenticated` */
export function assertMayListen(caller: Caller, { authenticate }: Pick<EventOptions, "authenticate">): void {
  if (!authenticate(caller).may.holds(permission))
    throw new GatewayError("forbidden", `The events need the permission ${permission}.`)
  if (open >= maxStreams) throw new GatewayError("overloaded", `${maxStreams} event streams are open already.`)
}

/** For a caller that may listen. @throws GatewayError `overloaded` */
export function eventStream(caller: Caller, { events, stopping, authenticate, pipes }: EventOptions): Response {
  const leave = pipes.enter(caller.principalId)
  const mayRead = (): boolean => authenticate(caller).may.holds(permission)
  const mayReadQuotas = (): boolean => authenticate(caller).may.holds("quotas:read")
  let end: () => void = () => undefined
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => (end = feed(controller, { events, stopping, mayRead, mayReadQuotas, leave })),
      cancel: () => end(),
    },
    { highWaterMark: maxWaiting },
  )
  return new Response(body, {
    headers: {
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  })
}

type Feed = Pick<EventOptions, "events" | "stopping"> & {
  readonly mayRead: () => boolean
  /** Others hear that quotas have changed, not which or how far they are used. */
  readonly mayReadQuotas: () => boolean
  readonly leave: () => void
}

/** @returns ends it */
function feed(
  controller: ReadableStreamDefaultController<Uint8Array>,
  { events, stopping, mayRead, mayReadQuotas, leave }: Feed,
): () => void {
  open += 1
  let ended = false
  const end = (): void => {
    if (ended) return
    ended = true
    open -= 1
    leave()
    clearInterval(timer)
    unsubscribe()
    stopping.removeEventListener("abort", finish)
  }
  const finish = (): void => {
    if (ended) return
    end()
    controller.close()
  }
  const send = (text: string): void => {
    if ((controller.desiredSize ?? 0) <= 0) finish()
    else controller.enqueue(encoder.encode(text))
  }
  const unsubscribe = events.subscribe((event) => {
    if (stillMay(mayRead)) send(format(event.type !== "quotas" || mayReadQuotas() ? event : { type: "quotas" }))
    else finish()
  })
  const timer = setInterval(() => (stillMay(mayRead) ? send(": keep-alive\n\n") : finish()), keepAliveMs).unref()
  stopping.addEventListener("abort", finish)
  send(": open\n\n")
  return end
}

function stillMay(mayRead: () => boolean): boolean {
  try {
    return mayRead()
  } catch {
    return false // a revoked key has no say any more, and nobody waits for the error
  }
}

function format({ type, ...facts }: GatewayEvent): string {
  return `event: ${type}\ndata: ${JSON.stringify(facts)}\n\n`
}
