/** Tells the owner how a worker bears its load: at once when its level is another, else once a second what it refused. */

import type { Closers } from "../../closers.ts"
import type { ProcessOverload } from "../../overload.ts"
import type { Say } from "./owner-ledger.ts"

const everyMs = 1_000

export function reportLoad(overload: ProcessOverload, say: Say, closers: Closers): void {
  let told = ""
  const tell = (): void => {
    const load = overload.own
    const text = JSON.stringify(load)
    if (text === told) return
    told = text
    say({ type: "load", load })
  }
  const unfollow = overload.onLevel(tell)
  const timer = setInterval(tell, everyMs).unref()
  closers.add(() => {
    unfollow()
    clearInterval(timer)
  })
}
