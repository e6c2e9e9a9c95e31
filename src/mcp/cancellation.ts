/**
 * Whether a request is still wanted, told to those who only must know it and act on it. It says what an AbortSignal
 * says at a fraction of the cost, and every call makes a few; a real signal is made when somebody asks for one.
 */

/** Whoever must stop when nobody wants the outcome any more. */
export interface Follower {
  onCancelled(reason: unknown): void
}

export interface Cancellation {
  readonly aborted: boolean
  readonly reason: unknown
  /** The same as a signal, for what takes no less. */
  readonly signal: AbortSignal
  /** Tells the follower once; at once where it has happened. */
  follow(follower: Follower): void
  unfollow(follower: Follower): void
}

/** One that those who hold it can bring about. */
export interface Endable extends Cancellation {
  /** @param reason what whoever waits is rejected with; only the first counts */
  abort(reason: unknown): void
}

/** A cancellation of our own making. */
export class Canceller implements Endable {
  #aborted = false
  #reason: unknown = undefined
  /** Most have one; the others are for those that have more. */
  #follower: Follower | undefined
  #others: Set<Follower> | undefined
  #controller: AbortController | undefined

  get aborted(): boolean {
    return this.#aborted
  }

  get reason(): unknown {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    this.#controller = new AbortController()
    if (this.#aborted) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
    const followers = [this.#follower, ...(this.#others ?? [])]
    this.#follower = this.#others = undefined
    for (const follower of followers) follower?.onCancelled(reason)
  }

  follow(follower: Follower): void {
    if (this.#aborted) follower.onCancelled(this.#reason)
    else if (this.#follower) (this.#others ??= new Set()).add(follower)
    else this.#follower = follower
  }

  unfollow(follower: Follower): void {
    if (this.#follower === follower) this.#follower = undefined
    else this.#others?.delete(follower)
  }
}

/** A signal as a cancellation. */
class FollowedSignal implements Cancellation {
  readonly signal: AbortSignal
  readonly #listeners = new Map<Follower, () => void>()

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  get aborted(): boolean {
    return this.signal.aborted
  }

  get reason(): unknown {
    return this.signal.reason
  }

  follow(follower: Follower): void {
    if (this.aborted) return follower.onCancelled(this.reason)
    const listener = (): void => follower.onCancelled(this.reason)
    this.#listeners.set(follower, listener)
    this.signal.addEventListener("abort", listener, { once: true })
  }

  unfollow(follower: Follower): void {
    const listener = this.#listeners.get(follower)
    if (listener) this.signal.removeEventListener("abort", listener)
    this.#listeners.delete(follower)
  }
}

/** A signal whose controller is elsewhere. */
export function endableOf(signal: AbortSignal, abort: Endable["abort"]): Endable {
  return Object.assign(new FollowedSignal(signal), { abort })
}

/** What there is to follow: hold on to what this returns, for only that can be unfollowed. */
export function cancellationOf(exchange: {
  readonly signal: AbortSignal
  readonly cancellation?: Cancellation | undefined
}): Cancellation {
  return exchange.cancellation ?? new FollowedSignal(exchange.signal)
}
