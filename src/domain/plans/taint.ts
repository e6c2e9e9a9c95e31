/**
 * Who may act on words that are not to be trusted: after a principal received results of a service marked untrusted,
 * what it does to the gateway may be that service's wish and not its own. It is held for tainted until it has made so
 * many calls of other services, and so much time has passed: either alone could be brought about by the same words.
 *
 * By principal, not by session: what one of its models has read, another may be told. What follows from it: risk.ts.
 * In memory only; after a restart it is known from the record of calls who received such results.
 */

export type TaintRules = {
  /** Calls of other services after which it is over, at the earliest. */
  readonly calls: number
  /** The same in ms. */
  readonly ms: number
}

/** From which service, and how many calls ago; 0 while a call of it is open. */
export type Taint = { readonly service: string; readonly callsAgo: number }

type Received = { readonly service: string; readonly atMs: number; readonly calls: number; readonly open: number }

export class Taints {
  readonly #rules: TaintRules
  readonly #untrusted = new Set<string>()
  /** By principal: no more than there are. */
  readonly #received = new Map<string, Received>()

  constructor(rules: TaintRules) {
    this.#rules = rules
  }

  /** Whether no call needs to be followed. */
  get isIdle(): boolean {
    return this.#untrusted.size === 0 && this.#received.size === 0
  }

  isUntrusted(service: string): boolean {
    return this.#untrusted.has(service)
  }

  mark(service: string, trust: "trusted" | "untrusted"): void {
    if (trust === "untrusted") this.#untrusted.add(service)
    else this.#untrusted.delete(service)
  }

  /** A call of an untrusted service begins, which may say something before it ends. */
  begin(principalId: string, service: string, nowMs: number): void {
    const open = (this.#received.get(principalId)?.open ?? 0) + 1
    this.#received.set(principalId, { service, atMs: nowMs, calls: 0, open })
  }

  /** It has ended. */
  end(principalId: string, service: string, nowMs: number): void {
    const open = Math.max(0, (this.#received.get(principalId)?.open ?? 0) - 1)
    this.#received.set(principalId, { service, atMs: nowMs, calls: 0, open })
  }

  /** A call of another service. */
  pass(principalId: string, nowMs: number): void {
    const received = this.#received.get(principalId)
    if (!received) return
    const passed = { ...received, calls: received.calls + 1 }
    if (this.#isOver(passed, nowMs)) this.#received.delete(principalId)
    else this.#received.set(principalId, passed)
  }

  of(principalId: string, nowMs: number): Taint | undefined {
    const received = this.#received.get(principalId)
    if (!received || this.#isOver(received, nowMs)) return undefined
    return { service: received.service, callsAgo: received.open > 0 ? 0 : received.calls + 1 }
  }

  /** The principal is no more. */
  forget(principalId: string): void {
    this.#received.delete(principalId)
  }

  #isOver({ open, calls, atMs }: Received, nowMs: number): boolean {
    return open === 0 && calls >= this.#rules.calls && nowMs - atMs >= this.#rules.ms
  }
}
