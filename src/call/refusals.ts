/**
 * Refusals on record, however many there are: the first of a source in a second have an entry each, the others of that
 * second share one that says how many they were. Who floods the gateway cannot flood the log.
 */

import type { EntryDraft } from "../domain/audit/entry.ts"
import type { EntryRecorder } from "../domain/audit/log.ts"

const alonePerSource = 10
const aloneInAll = 500
const maxSources = 10_000
const windowMs = 1_000
const others = "others"

type Source = {
  sinceMs: number
  alone: number
  readonly together: Map<string, { first: EntryDraft; count: number }>
}

export class Refusals {
  readonly #recorder: EntryRecorder
  readonly #sources = new Map<string, Source>()
  #alone = 0

  constructor(recorder: EntryRecorder) {
    this.#recorder = recorder
  }

  /**
   * Resolves when it is on record, or counted to be so within two seconds.
   *
   * @throws GatewayError `audit_unavailable`
   */
  async add(refusal: EntryDraft): Promise<void> {
    const source = this.#sourceOf(refusal)
    if (source.alone < alonePerSource && this.#alone < aloneInAll) {
      source.alone += 1
      this.#alone += 1
      return this.#recorder.append(refusal)
    }
    const sort = `${refusal.outcome} ${refusal.rule}`
    const counted = source.together.get(sort) ?? { first: refusal, count: 0 }
    counted.count += 1
    source.together.set(sort, counted)
  }

  /** Records what was counted of the windows that are over. To be called once a second, and at the end. */
  flush(nowMs: number): void {
    this.#alone = 0
    for (const [name, source] of this.#sources) {
      if (nowMs - source.sinceMs < windowMs) continue
      this.#sources.delete(name)
      for (const { first, count } of source.together.values()) this.#recorder.note({ ...first, count })
    }
  }

  #sourceOf({ principalId, source = "", timeMs }: EntryDraft): Source {
    const own = principalId ?? source
    const name = this.#sources.has(own) || this.#sources.size < maxSources ? own : others
    const found = this.#sources.get(name) ?? { sinceMs: timeMs, alone: 0, together: new Map() }
    this.#sources.set(name, found)
    return found
  }
}
