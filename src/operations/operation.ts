/**
 * What an operation is. It has one of two shapes: it runs, or it drafts a change that is applied for it. Doors (MCP
 * tools, REST, CLI, docs) are loops over the list in index.ts; none of them knows an operation by name.
 *
 * How one is performed: perform.ts; what all that change something have in common: change-operation.ts.
 */

import type * as z from "zod"
import type { CountTokens } from "../domain/admission/token-cost.ts"
import type { AuditLog } from "../domain/audit/log.ts"
import type { Entry } from "../domain/catalog.ts"
import type { Change } from "../domain/changes/change.ts"
import type { Events, GatewayEvent } from "../domain/event.ts"
import type { Fleet, Issue } from "../domain/fleet.ts"
import type { History } from "../domain/changes/history.ts"
import type { Machine } from "../domain/services/machine.ts"
import type { Overload } from "../domain/overload.ts"
import type { Permission } from "../domain/permission.ts"
import type { Governance, Plans } from "../domain/plans/plan.ts"
import type { Access } from "../domain/policy/access.ts"
import type { Policies } from "../domain/policy/policy.ts"
import type { ActivePrincipal, KeyMaker, Keys, Passwords, Principal, Principals } from "../domain/principal.ts"
import type { Counters } from "../domain/quota/counters.ts"
import type { Quotas } from "../domain/quota/quota.ts"
import type { Sealer } from "../domain/secrets/secret.ts"
import type { ServiceFiles } from "../domain/services/service.ts"
import type { Taint } from "../domain/plans/taint.ts"
import type { Usage } from "../domain/usage.ts"
import type { Confirming } from "./changes/confirm.ts"

type OperationFacts<Input extends z.ZodObject, Output extends z.ZodObject> = {
  /** MCP tool, CLI command and OpenAPI operationId. */
  readonly name: string
  readonly title: string
  /** For agents, people and the documentation alike: what it does, what it changes, what to call next. */
  readonly summary: string
  readonly group: "services" | "tools" | "identity" | "quotas" | "policies" | "governance" | "history" | "audit"
  readonly permission: Permission
  readonly effect: "read" | "create" | "update" | "delete" | "execute"
  readonly risk: "low" | "medium" | "high"
  /** `{name}` in the path is the input's member of that name. */
  readonly route: { readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; readonly path: string }
  /** Strict: an unknown member is refused. */
  readonly input: Input
  /** An allowlist: what it does not name cannot leave. */
  readonly output: Output
  /** The output in a sentence or a short table. */
  say(output: z.output<Output>): string
  /** For one that reads something without being told more than its URI: where clients find it, and what tells of changes. */
  readonly resource?: {
    /** `{name}` in it is the input's member of that name, and stands for each of the services. */
    readonly uri: `gateway://${string}`
    readonly events: readonly GatewayEvent["type"][]
    /** What stands for it where not everything is asked for. */
    input?(actor: ActivePrincipal): z.input<Input>
  }
  /** For an operation whose pages are pieces of one text, for doors that can pass it on as it comes. */
  readonly stream?: TextStream<Output>
}

/** One that reads, or executes something that leaves the gateway's state as it is. */
export type RunningOperation<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
> = OperationFacts<Input, Output> & {
  run(context: OperationContext, input: z.output<Input>): Promise<z.input<Output>>
}

/**
 * One that changes the gateway's state. It changes nothing itself: it says what would change, once every check that it
 * has was made, and what to answer when that was applied. Made by `defineChange`.
 */
export type ChangingOperation<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
  Memo = unknown,
> = OperationFacts<Input, Output> & {
  /** Alone: no other change is drafted or applied meanwhile. */
  draft(context: OperationContext, input: z.output<Input>): Promise<Draft<Memo>>
  /** `always` where it waits for an approval whatever the settings and its risk, and asking for it is no failure. */
  readonly approval?: "always"
  /** What whoever approves must be able to do themselves, if it were applied now. @throws GatewayError `forbidden` */
  mayApprove?(context: OperationContext, input: z.output<Input>, proposer: Principal): void
  /** For whoever decides on a plan: what takes too long to be asked while no other change may be made. */
  examine?(context: OperationContext, changes: readonly Change[]): Promise<Examined>
  /** When others may change things again. */
  tell(context: OperationContext, input: z.output<Input>, applied: Applied<Memo>): Promise<z.input<Output>>
}

export type Operation = RunningOperation | ChangingOperation

export type Draft<Memo = unknown> = {
  /** In the order to apply them; none where all is as it shall be already. */
  readonly changes: readonly Change[]
  /** For whoever decides on it, beside what changes. */
  readonly notes?: readonly string[]
  /** What it is for, in a line that history keeps. */
  readonly why?: string | undefined
  /** What `tell` needs of this moment. Neither shown nor kept. */
  readonly memo: Memo
}

export type Examined = {
  readonly notes: readonly string[]
  /** Whether something was found that makes it a change of high risk. */
  readonly findings: "none" | "grave"
}

export type Applied<Memo = unknown> = Draft<Memo> & {
  /** What came of its deeds. */
  readonly done: Done
  /** The number under which history keeps it; absent where nothing changed. */
  readonly revision?: number | undefined
}

export type Done = { readonly erased?: number; readonly publicKey?: string }

/** Pages are held together by `cursor` in the input and `nextCursor` in the output. */
export type TextStream<Output extends z.ZodObject = z.ZodObject> = {
  /** The member of the output that holds the page's text. */
  readonly textMember: string
  /** Of the whole text, told by its first page. */
  contentType(output: z.output<Output>): string
}

/** Who performs, and the ports through which it is done. */
export type OperationContext = {
  readonly actor: ActivePrincipal
  readonly machine: Machine
  readonly fleet: Fleet
  readonly services: ServiceFiles
  readonly principals: Principals
  readonly keys: Keys
  readonly keyMaker: KeyMaker
  readonly passwords: Passwords
  readonly events: Events
  readonly audit: AuditLog
  readonly usage: Usage
  readonly quotas: Quotas
  readonly counters: Counters
  readonly policies: Policies
  readonly access: Access
  readonly plans: Plans
  readonly sealer: Sealer
  readonly governance: Governance
  /** Of the actor, where it counts for it: `governance.taint`. */
  readonly taint: () => Taint | undefined
  readonly history: History
  /** Where people look at a plan, by its id; undefined where they reach the gateway at no URL. */
  readonly pageOf: (planId: string) => string | undefined
  /** Where the human behind the caller's client can be asked. */
  readonly confirming?: Confirming
  readonly overload: Overload
  /** Of the gateway itself; those of services the fleet knows. */
  readonly ownIssues: () => readonly Issue[]
  /** Whether the actor may perform the operation of that name; false where there is none. */
  readonly mayPerform: (operation: string) => boolean
  /** The tools that the actor may call, as listed for everyone's endpoint. */
  readonly callableTools: () => readonly Entry[]
  readonly countTokens: CountTokens
  readonly nowMs: number
  readonly newId: () => string
  readonly signal: AbortSignal
}

/** Keeps the types of one operation while it joins a list of many. */
export function defineOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  operation: RunningOperation<Input, Output>,
): Operation {
  return operation
}
