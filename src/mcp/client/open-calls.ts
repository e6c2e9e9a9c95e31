/**
 * The calls open on one carrier, and whose a message is when the transport does not say: by its id, by its progress
 * token, by its subscription, or because only one call can be meant. What cannot be told is dropped, because a log line
 * or a question shown to the wrong caller is worse than none.
 */

import { GatewayError } from "../../errors.ts"
import { cancellationOf, type Cancellation, type Follower } from "../cancellation.ts"
import type { OutgoingCall, Question } from "./carrier.ts"
import { isTaskNews } from "../legacy-tasks.ts"
import { hop, metaOf } from "../meta.ts"
import type { Answer, Notification } from "../message.ts"
import { Numbered } from "../numbered.ts"
import { fromRaw, type RawJson, type RawObject } from "../raw-json.ts"

/** Requests in which a service may ask something back. */
const mayAsk = new Set(["tools/call", "prompts/get", "resources/read", "tasks/result"])

export class OpenCalls {
  readonly #open = new Numbered<OpenCall>()
  #late = 0
  readonly #listeners = new Set<(notification: Notification) => void>()

  /** @param start sends the call under this id and returns what to do when its caller goes away */
  run(call: OutgoingCall, start: (id: number) => () => void): Promise<Answer> {
    const cancellation = cancellationOf(call)
    if (cancellation.aborted) return Promise.reject(reasonOf(cancellation))
    const open = new OpenCall(call, cancellation, () => this.#open.delete(id))
    const id = this.#open.add(open)
    try {
      open.cancel = start(id)
    } catch (thrown) {
      // Params that cannot be written, a header that cannot be made of them: nothing was sent.
      open.fail(thrown)
    }
    return open.answer
  }

  /**
   * A late answer, or one to nothing we sent, is dropped.
   * @returns false where nothing can have asked for it: not one call for each answer
   */
  settle(id: RawJson | number | undefined, answer: Answer): boolean {
    const open = this.#find(id)
    if (!open) return numberOf(id) > 0 && numberOf(id) <= this.#open.last && ++this.#late <= this.#open.last
    open.settle(answer)
    return true
  }

  fail(id: RawJson | number | undefined, error: GatewayError): void {
    this.#find(id)?.fail(error)
  }

  failAll(error: GatewayError): void {
    for (const open of this.#open.items()) open.fail(error)
  }

  follow(listener: (notification: Notification) => void): void {
    this.#listeners.add(listener)
  }

  /** @param stream the call whose own stream brought it, where the transport has such */
  deliver(notification: Notification, stream?: OutgoingCall): void {
    const subscription = isNews(notification) ? subscriptionOf(notification) : undefined
    if (subscription) return this.#find(subscription)?.call.notify?.(notification)
    if (isNews(notification)) for (const listener of this.#listeners) listener(notification)
    else this.#receiverOf(notification, stream)?.notify?.(notification)
  }

  /** The call that a question outside of any stream can only belong to: one of a task to who waits for its result. */
  asking(question: Question): OutgoingCall | undefined {
    const task = question.params.has("_meta") ? relatedTask(metaOf(question.params)) : undefined
    const calls = this.#calls().filter(({ method }) => mayAsk.has(method))
    return onlyOne(task === undefined ? calls : calls.filter(({ taskId }) => taskId === task))
  }

  #receiverOf({ method, params }: Notification, stream: OutgoingCall | undefined): OutgoingCall | undefined {
    if (method === "notifications/progress") return this.#find(params.get("progressToken"))?.call
    return stream ?? onlyOne(this.#calls().filter((call) => call.notify && call.method !== "subscriptions/listen"))
  }

  #calls(): OutgoingCall[] {
    return this.#open.items().map(({ call }) => call)
  }

  #find(id: RawJson | number | undefined): OpenCall | undefined {
    return this.#open.get(numberOf(id))
  }
}

/** 0 where it is none of ours. */
function numberOf(id: RawJson | number | undefined): number {
  if (typeof id === "number") return id
  const digits = id?.toString() ?? ""
  return /^\d{1,15}$/.test(digits) ? Number(digits) : 0
}

/** One call until its answer, its failure or its caller's leave, whichever is first. */
class OpenCall implements Follower {
  readonly call: OutgoingCall
  readonly answer: Promise<Answer>
  cancel = (): void => {}
  readonly #cancellation: Cancellation
  readonly #leave: () => void
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (thrown: unknown) => void

  constructor(call: OutgoingCall, cancellation: Cancellation, leave: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.call = call
    this.answer = promise
    this.#cancellation = cancellation
    this.#leave = leave
    this.#resolve = resolve
    this.#reject = reject
    cancellation.follow(this)
  }

  settle(answer: Answer): void {
    this.#end()
    this.#resolve(answer)
  }

  fail(thrown: unknown): void {
    this.#end()
    this.#reject(thrown)
  }

  /** Its caller has gone away. */
  onCancelled(): void {
    this.fail(reasonOf(this.#cancellation))
    this.cancel()
  }

  #end(): void {
    this.#leave()
    this.#cancellation.unfollow(this)
  }
}

/** The task that the service says a message is about. */
function relatedTask(meta: RawObject): string | undefined {
  const raw = meta.get("io.modelcontextprotocol/related-task")
  const related = raw?.[0] === 0x7b ? (fromRaw(raw) as { taskId?: unknown }) : {}
  return typeof related.taskId === "string" ? related.taskId : undefined
}

function onlyOne<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined
}

/** Whether it tells of lists, resources and tasks: never part of a call, whatever stream it came on. */
function isNews({ method }: Notification): boolean {
  return (
    method.endsWith("/list_changed") ||
    method === "notifications/resources/updated" ||
    method === "notifications/subscriptions/acknowledged" ||
    isTaskNews(method)
  )
}

function subscriptionOf({ params }: Notification): RawJson | undefined {
  return params.has("_meta") ? metaOf(params).get(hop.subscriptionId) : undefined
}

/** Why a caller went away, as an error of ours. */
export function reasonOf(signal: { readonly reason: unknown }): GatewayError {
  const reason: unknown = signal.reason
  if (reason instanceof GatewayError) return reason
  return new GatewayError("invalid", "The caller cancelled the request.", { cause: reason })
}
