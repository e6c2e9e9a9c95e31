/**
 * What an operation is, and the one way to perform it. Doors (MCP tools, REST, CLI, docs) are loops over the list in
 * index.ts; none of them knows an operation by name.
 */

import type * as z from "zod"
import type { AuditLog } from "../domain/audit/log.ts"
import type { Entry } from "../domain/catalog.ts"
import type { Events, GatewayEvent } from "../domain/event.ts"
import type { Fleet } from "../domain/fleet.ts"
import type { Overload } from "../domain/overload.ts"
import type { Permission } from "../domain/permission.ts"
import type { ActivePrincipal, KeyMaker, Keys, Passwords, Principals } from "../domain/principal.ts"
import type { Counters } from "../domain/quota/counters.ts"
import type { Quotas } from "../domain/quota/quota.ts"
import type { ServiceFiles } from "../domain/service.ts"
import type { Usage } from "../domain/usage.ts"
import { GatewayError } from "../errors.ts"

export type Operation<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> = {
  /** MCP tool, CLI command and OpenAPI operationId. */
  readonly name: string
  readonly title: string
  /** For agents, people and the documentation alike: what it does, what it changes, what to call next. */
  readonly summary: string
  readonly group: "services" | "tools" | "identity" | "quotas" | "audit"
  readonly permission: Permission
  readonly effect: "read" | "create" | "update" | "delete" | "execute"
  readonly risk: "low" | "medium" | "high"
  /** `{name}` in the path is the input's member of that name. */
  readonly route: { readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; readonly path: string }
  /** Strict: an unknown member is refused. */
  readonly input: Input
  /** An allowlist: what it does not name cannot leave. */
  readonly output: Output
  run(context: OperationContext, input: z.output<Input>): Promise<z.input<Output>>
  /** The output in a sentence or a short table. */
  say(output: z.output<Output>): string
  /** For one that reads something without being told anything: under which URI clients find it, and what tells of changes. */
  readonly resource?: {
    readonly uri: `gateway://${string}`
    readonly event: GatewayEvent["type"]
    /** What stands for it where not everything is asked for. */
    input?(actor: ActivePrincipal): z.input<Input>
  }
  /** For an operation whose pages are pieces of one text, for doors that can pass it on as it comes. */
  readonly stream?: TextStream<Output>
}

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
  readonly overload: Overload
  /** The tools that the actor may call, as listed for everyone's endpoint. */
  readonly callableTools: () => readonly Entry[]
  readonly nowMs: number
  readonly newId: () => string
  readonly signal: AbortSignal
}

export type Performed = { readonly output: Readonly<Record<string, unknown>>; readonly text: string }

/** Of its input, as much as the file of a service may hold: no operation has more to be told. */
export const maxInputBytes = 256 * 1_024

/** Keeps the types of one operation while it joins a list of many. */
export function defineOperation<Input extends z.ZodObject, Output extends z.ZodObject>(
  operation: Operation<Input, Output>,
): Operation {
  return operation
}

/**
 * @throws GatewayError `not_found` where the actor may not perform it, as if it did not exist; `invalid` for a wrong
 *   input; `internal` for a wrong output, which is our fault.
 */
export async function perform(
  operation: Operation,
  context: OperationContext,
  input: unknown,
): Promise<Performed> {
  if (!context.actor.may.holds(operation.permission))
    throw new GatewayError("not_found", `Unknown operation: ${operation.name}`)
  assertFew(operation, input)
  const read = operation.input.safeParse(input)
  if (!read.success) throw wrongInput(operation, read.error)
  const output = operation.output.parse(await operation.run(context, read.data))
  return { output, text: operation.say(output) }
}

/** Far more than the largest service has to say; to check each value of a full input would take a tenth of a second. */
const maxValues = 10_000

/** @throws GatewayError `too_large` */
function assertFew({ name }: Operation, input: unknown): void {
  const waiting = [input]
  for (let seen = 0; seen < waiting.length; seen++) {
    const value = waiting[seen]
    if (typeof value !== "object" || value === null) continue
    for (const member of Object.values(value) as unknown[]) waiting.push(member)
    if (waiting.length > maxValues)
      throw new GatewayError("too_large", `${name} takes at most ${maxValues} values in all.`, {
        detail: { maxValues },
      })
  }
}

/** As many as help: the input is the caller's, and there is no end to what can be wrong with it. */
const maxProblems = 20
const maxProblemLength = 300

function wrongInput({ name }: Operation, error: z.ZodError): GatewayError {
  const problems = error.issues
    .slice(0, maxProblems)
    .map(({ path, message }) => clipped(`${path.join(".") || "input"}: ${message}`))
  const more = error.issues.length > maxProblems ? `; and ${error.issues.length - maxProblems} more` : ""
  return new GatewayError("invalid", `${name} was called wrongly. ${problems.join("; ")}${more}`, {
    detail: { problems },
  })
}

function clipped(problem: string): string {
  return problem.length > maxProblemLength ? `${problem.slice(0, maxProblemLength)}...` : problem
}
