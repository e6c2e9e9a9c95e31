/**
 * Entries that somebody could make without end: refusals, lists, sessions, subscriptions. The first of a source in a
 * second have an entry each, the others of that second share one that says how many they were. Who floods the gateway
 * cannot flood the log, and takes no entry from others.
 */

import type { EntryDraft } from "../domain/audit/entry.ts"
import type { EntryRecorder } from "../domain/audit/log.ts"

const alonePerSource = 10
const windowMs = 1_000
const others = "others"

/** Strangers have no credential, and as many addresses as they like. */
const bounds = {
  principals: { aloneInAll: 5_000, maxSources: 10_000 },
  strangers: { aloneInAll: 100, maxSources: 200 },
} as const

type Counted = { readonly first: EntryDraft; count: number }
type Source = { sinceMs: number; alone: number; readonly together: Map<string, Counted> }
type Crowd = { alone: number; readonly sources: Map<string, Source> }

export class Folding {
  readonly #recorder: EntryRecorder
  readonly #newCallId: (nowMs: number) => string
  readonly #crowds: Readonly<Record<keyof typeof bounds, Crowd>> = {
    principals: { alone: 0, sources: new Map() },
    strangers: { alone: 0, sources: new Map() },
  }

  /** @param newCallId for refusals of what was no call */
  constructor(recorder: EntryRecorder, newCallId: (nowMs: number) => string) {
    this.#recorder = recorder
    this.#newCallId = newCallId
  }

  /**
   * Resolves when it is on record, or counted to be so within two seconds.
   *
   * @returns of a refusal, the call id of the entry that it has, or that it shares with others
   * @throws GatewayError `audit_unavailable`
   */
  async add(given: EntryDraft): Promise<string | undefined> {
    const draft = given.kind === "refusal" ? { callId: this.#newCallId(given.timeMs), ...given } : given
    const which = draft.principalId === undefined ? "strangers" : "principals"
    const crowd = this.#crowds[which]
    const source = sourceOf(crowd, draft, bounds[which].maxSources)
    const isAlone = source.alone < alonePerSource && crowd.alone < bounds[which].aloneInAll
    if (isAlone || this.#recorder.trouble !== undefined) {
      source.alone += 1
      crowd.alone += 1
      await this.#recorder.append(draft)
      return draft.callId
    }
    const sort = `${draft.kind} ${draft.outcome} ${draft.rule}`
    const counted = source.together.get(sort) ?? { first: draft, count: 0 }
    counted.count += 1
    source.together.set(sort, counted)
    return counted.first.callId
  }

  /** Records what was counted of the windows that are over. To be called once a second, and at the end. */
  flush(nowMs: number): void {
    for (const crowd of Object.values(this.#crowds)) {
      crowd.alone = 0
      for (const [name, source] of crowd.sources) {
        // A clock that was set back must not keep what was counted from the record.
        if (nowMs >= source.sinceMs && nowMs < source.sinceMs + windowMs) continue
        crowd.sources.delete(name)
        for (const { first, count } of source.together.values()) this.#recorder.note({ ...first, count })
      }
    }
  }
}

function sourceOf(
  { sources }: Crowd,
  { principalId, source = "", timeMs }: EntryDraft,
  maxSources: number,
): Source {
  const own = principalId ?? source
  const name = sources.has(own) || sources.size < maxSources ? own : others
  const found = sources.get(name) ?? { sinceMs: timeMs, alone: 0, together: new Map<string, Counted>() }
  sources.set(name, found)
  return found
}
