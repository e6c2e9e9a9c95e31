/** A call on its way to a service that may run it as a task, and what can be made of it. */

import type { Catalog, Offer } from "../../domain/catalog.ts"
import type { Fleet, SendOptions } from "../../domain/fleet.ts"
import { withAsk } from "../../mcp/exchange.ts"
import type { Answer, Era, Exchange, Request } from "../../mcp/message.ts"
import { noMembers } from "../../mcp/raw-json.ts"
import type { Target } from "../target.ts"
import type { TaskRun } from "./run-to-end.ts"
import { declaringTasks } from "./support.ts"
import type { TaskIds, TaskRecord } from "./task-ids.ts"
import type { TaskIndex } from "./task-index.ts"

/** How a call is sent, with what it points at. */
type Sending = SendOptions & { readonly target?: Target }
export type SendCall = (service: string, request: Request, exchange: Exchange, sending: Sending) => Promise<Answer>

export type TaskCallsOptions = {
  readonly fleet: Pick<Fleet, "send">
  /** The snapshot of this moment. */
  readonly catalog: () => Catalog
  readonly ids: TaskIds
  /** The states of open calls that wait for a task which asks something. */
  readonly rounds: TaskIds
  readonly index: TaskIndex
}

/** One request on its way to a service of a known era. */
export type Sent = {
  readonly options: TaskCallsOptions
  readonly service: string
  /** What the service is known to offer. */
  readonly offer: Offer | undefined
  readonly era: Era
  readonly request: Request
  readonly exchange: Exchange
  readonly sending: SendOptions
}

export function declaring(request: Request): Request {
  const { client } = request
  return { ...request, client: { ...client, capabilities: declaringTasks(client.capabilities) } }
}

/** A legacy service asks about a task while somebody waits for its result, as no modern client does. */
export function withoutQuestions(sent: Sent): Sent {
  const client = { ...sent.request.client, capabilities: noMembers }
  return { ...sent, request: { ...sent.request, client }, exchange: withAsk(sent.exchange, undefined) }
}

/** What it takes to wait for a task, inside the call that began it or one that wants its result. */
export function runOf(
  { options, service, offer, era, request, exchange, sending }: Sent,
  record: TaskRecord,
): TaskRun {
  const maxMs = offer?.terms.maxTimeMs
  return {
    request: era === "modern" ? declaring(request) : request,
    exchange,
    taskId: record.taskId,
    state: () => options.rounds.seal(record),
    send: (asked, heard) => options.fleet.send(service, asked, heard, { ...sending, repeatable: true }),
    ...(maxMs !== undefined && { maxMs }),
  }
}
