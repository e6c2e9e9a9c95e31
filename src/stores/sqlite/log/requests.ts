/** What the main thread may ask of the writing one, beside recording entries: one function for each request. */

import { createPrivateKey } from "node:crypto"
import { signerOf } from "../../../domain/audit/signed-note.ts"
import { eraseCopies } from "./erasure.ts"
import type { LogPlace, OpenLog } from "./open-log.ts"
import { recordUnrecorded } from "./recovery.ts"
import { dropOld } from "./retention.ts"
import type { Request } from "../handover/thread-messages.ts"
import { pruneUsage } from "../usage/usage-pruning.ts"

type Of<Type extends Request["type"]> = Extract<Request, { type: Type }>

/** The steps of a job where it is a long one. */
export type Performed = Generator<undefined, number> | undefined

/** Those that need a log which can be written. */
export function performOnLog(log: OpenLog, request: Request): Performed {
  if (request.type === "gap") tellGap(log, request)
  if (request.type === "checkpoint") signNow(log, request)
  if (request.type === "rotation") recordRotation(log, request)
  if (request.type === "erase") return eraseCopies(log, request.filter, request.nowMs)
  if (request.type === "retain") return dropOld(log, request)
  return undefined
}

export function signWith(place: LogPlace, { pem }: Of<"sign_with">): void {
  place.signer = signerOf(place.signer.name, createPrivateKey(pem))
}

function tellGap(log: OpenLog, { unrecorded, nowMs }: Of<"gap">): void {
  log.transaction(() => recordUnrecorded(log, unrecorded, nowMs))
}

function signNow(log: OpenLog, { nowMs, steadyMs }: Of<"checkpoint">): void {
  log.transaction(() => {
    log.sign(nowMs)
    log.catchUp()
    pruneUsage(log.db, steadyMs)
  })
}

/** The key before signs that there is another one, and all entries up to there. */
function recordRotation(log: OpenLog, { vkey, nowMs }: Of<"rotation">): void {
  log.transaction(() => {
    log.append({ kind: "rotation", timeMs: nowMs, detail: { publicKey: vkey } })
    log.sign(nowMs)
  })
}
