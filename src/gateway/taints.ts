/** Follows which services are not trusted and who received results of them, on the way that every call takes. */

import type { Allowance, LimitedCall, Limiter } from "../call/limit.ts"
import type { Config } from "../config.ts"
import type { Principal } from "../domain/principal.ts"
import type { ServiceFiles } from "../domain/services/service.ts"
import { Taints, type Taint } from "../domain/plans/taint.ts"
import type { Usage } from "../domain/usage.ts"
import type { Closers } from "./closers.ts"
import { restoreTaints } from "./past-taints.ts"
import type { Stores } from "./stores.ts"

type TaintsOptions = {
  readonly config: Pick<Config, "governance">
  readonly files: Pick<ServiceFiles, "list" | "onChange">
  readonly principals: Stores["principals"]
  readonly usage: Pick<Usage, "sum">
}

const minuteMs = 60_000
/** ms, and never jumps. */
const clock = (): number => performance.now()

export async function openTaints(
  { config, files, principals, usage }: TaintsOptions,
  closers: Closers,
): Promise<Taints> {
  const { taintCalls, taintMinutes } = config.governance
  const taints = new Taints({ calls: taintCalls, ms: taintMinutes * minuteMs })
  const definitions = files.list().map(({ definition }) => definition)
  for (const { name, trust } of definitions) taints.mark(name, trust)
  const untrusted = definitions.filter(({ trust }) => trust === "untrusted").map(({ name }) => name)
  await restoreTaints(taints, { usage, principals, untrusted }, { wallMs: Date.now(), clockMs: clock() })
  closers.add(
    files.onChange(({ added, changed, removed }) => {
      for (const { name, trust } of [...added, ...changed]) taints.mark(name, trust)
      for (const name of removed) taints.mark(name, "trusted")
    }),
  )
  closers.add(principals.watch((change) => change.kind === "removed" && taints.forget(change.id)))
  return taints
}

/** Where the settings say that it counts for this principal. */
export function taintOf(
  taints: Taints,
  { taint }: Config["governance"],
  { id, kind }: Principal,
): Taint | undefined {
  const counts = taint === "all" || (taint === "agents" && kind !== "human")
  return counts ? taints.of(id, clock()) : undefined
}

/** Calls of this process and of its workers alike are let through by one limiter, so it is there that they are seen. */
export function followTaints(limiter: Limiter, taints: Taints): Limiter {
  return {
    limit: (asked) => (taints.isIdle ? limiter.limit(asked) : follow(limiter, taints, asked)),
    restore: (past, nowMs) => limiter.restore(past, nowMs),
  }
}

function follow(limiter: Limiter, taints: Taints, asked: LimitedCall): Allowance | Promise<Allowance> {
  const taken = limiter.limit(asked)
  return taken instanceof Promise
    ? taken.then((allowance) => note(taints, asked, allowance))
    : note(taints, asked, taken)
}

function note(taints: Taints, { principal, service }: LimitedCall, allowance: Allowance): Allowance {
  const { id } = principal.principal
  if (!taints.isUntrusted(service)) {
    taints.pass(id, clock())
    return allowance
  }
  taints.begin(id, service, clock())
  let isOpen = true
  const end = (): void => {
    if (isOpen) taints.end(id, service, clock())
    isOpen = false
  }
  return {
    states: allowance.states,
    settle: (actual) => {
      end()
      allowance.settle(actual)
    },
    giveBack: () => {
      end()
      allowance.giveBack()
    },
  }
}
