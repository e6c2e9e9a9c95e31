/**
 * Who was tainted before a restart. How many calls came since is not asked: whoever received results of a service that
 * is not trusted within the last day is held to have received them just now. The usage figures know, to the minute.
 */

import { maxPageLength } from "../domain/collection.ts"
import type { Taints } from "../domain/plans/taint.ts"
import type { Usage } from "../domain/usage.ts"
import type { Stores } from "./stores.ts"

type Past = {
  readonly usage: Pick<Usage, "sum">
  readonly principals: Pick<Stores["principals"], "findByName">
  /** Names of services. */
  readonly untrusted: readonly string[]
}

const dayMs = 86_400_000

/** @param now what time it is, in epoch ms, and by the clock of the taints */
export async function restoreTaints(
  taints: Taints,
  { usage, principals, untrusted }: Past,
  now: { readonly wallMs: number; readonly clockMs: number },
): Promise<void> {
  for (const service of untrusted) {
    for await (const name of callersOf(usage, service, now.wallMs)) {
      const principal = await principals.findByName(name)
      if (!principal) continue
      taints.begin(principal.id, service, now.clockMs)
      taints.end(principal.id, service, now.clockMs)
    }
  }
}

/** Names of principals. Ahead of now too: the clock may have been put back since. */
async function* callersOf(usage: Past["usage"], service: string, nowMs: number): AsyncGenerator<string> {
  const range = { fromMs: nowMs - dayMs, toMs: nowMs + dayMs }
  let cursor: string | undefined
  do {
    const after = cursor === undefined ? {} : { cursor }
    const page = await usage.sum({
      by: ["principal"],
      only: { service },
      ...range,
      ...after,
      limit: maxPageLength,
    })
    for (const { group } of page.items) yield group.principal ?? ""
    cursor = page.nextCursor
  } while (cursor !== undefined)
}
