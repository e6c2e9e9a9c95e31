/**
 * What the owner and its workers tell each other. A worker makes nothing of its own accord that counts: each call is
 * begun and ended at the owner, which looks for itself who may call what, and keeps quotas and record.
 */

import type { Config } from "../../../config.ts"
import type { EntryDraft } from "../../../domain/audit/entry.ts"
import type { Payloads } from "../../../domain/audit/log.ts"
import type { Change } from "../../../domain/collection.ts"
import type { Policy } from "../../../domain/policy/policy.ts"
import type { Key, Principal } from "../../../domain/principal.ts"
import type { ManagementTool } from "../../../domain/tool.ts"
import type { LimitedCall } from "../../../call/limit.ts"
import type { Uses } from "../../../domain/quota/amount.ts"
import type { Served } from "../../../fleet/calls/stats.ts"
import type { BreakerState } from "../../../fleet/links/breaker.ts"
import type { TlsMaterial } from "../../../surfaces/http/tls-in-use.ts"
import type { Load } from "../../../domain/overload.ts"
import type { ProcessLoad } from "../../overload.ts"
import type { SentError } from "./sent-error.ts"
import type { SentService } from "./sent-service.ts"

export type WorkerSettings = {
  readonly config: Config
  readonly version: string
  /** Call ids of this worker begin with it. */
  readonly startId: string
  /** Where the owner takes requests that a worker hands over, and what shows that they come from one. */
  readonly owner: { readonly path: string; readonly token: string }
  readonly tls: TlsMaterial | undefined
  /** The gateway's own tools: calls of them are the owner's. */
  readonly management: { readonly tools: readonly Omit<ManagementTool, "definition">[] }
}

/** What a call wants to use. */
export type Asked = Omit<LimitedCall, "principal"> & {
  readonly principalId: string
  readonly keyId?: string
  /** What it was let through by, if policies had a part in it: their revision, and the version of the principal. */
  readonly by: { readonly policies: number; readonly principal: number }
}

export type Actual = Omit<Uses, "calls">

/** An entry on its way; the arguments and the result, where there are any, are the bytes that go with it. */
export type SentEntry = {
  readonly draft: EntryDraft
  readonly parts: readonly ("arguments" | "result")[]
  readonly keep?: NonNullable<Payloads["keep"]>
}

/** What a worker wants to be counted and recorded. */
export type AboutCalls =
  /** One step of both: the quotas count the call, and its start is on record. Answered. */
  | { readonly type: "begin"; readonly ask: number; readonly asked: Asked; readonly entry: SentEntry }
  /** Answered. */
  | { readonly type: "append"; readonly ask: number; readonly entry: SentEntry }
  | { readonly type: "note"; readonly entry: SentEntry }
  /** What a call took that was begun, and how its last entry differs from its first. Answered. */
  | {
      readonly type: "end"
      readonly ask: number
      readonly callId: string
      readonly actual: Actual
      readonly entry: Omit<SentEntry, "draft"> & { readonly changes: Partial<EntryDraft> }
    }

export type ToOwner =
  | AboutCalls
  /** Connections can be given to it. */
  | { readonly type: "up" }
  /** It was told to stop, and none of its calls is open any more. */
  | { readonly type: "idle" }
  /** How it bears its load, when that is another. */
  | { readonly type: "load"; readonly load: ProcessLoad }
  /** What a service did that the end of its call does not say. */
  | ({ readonly type: "served"; readonly service: string } & Served)
  /** By endpoint of the service; none where all are closed. */
  | { readonly type: "breakers"; readonly service: string; readonly states: readonly BreakerState[] }

export type ToWorker =
  | { readonly type: "settings"; readonly settings: WorkerSettings }
  | { readonly type: "principals"; readonly changes: readonly Change<Principal>[] }
  | { readonly type: "keys"; readonly changes: readonly Change<Key>[] }
  /** All of them, as they are now. */
  | { readonly type: "policies"; readonly revision: number; readonly policies: readonly Policy[] }
  | { readonly type: "service"; readonly name: string; readonly service: SentService | undefined }
  /** What HTTPS is served with from now on. */
  | { readonly type: "tls"; readonly material: TlsMaterial }
  /** The owner's. */
  | { readonly type: "load"; readonly load: Load }
  /** All that there is has been told; what follows are changes. */
  | { readonly type: "serve" }
  | { readonly type: "answer"; readonly ask: number; readonly error?: SentError }

/**
 * What goes beside the line, with the connections, since it must not overtake them. `drain`: end with your connections,
 * which end with their next answers. `stop`: the gateway stops; let open calls finish, and leave everything else to the
 * owner, which refuses it. `finish`: the last answers are on their way; let them out, and end.
 */
export type Command = "connection" | "drain" | "stop" | "finish"
