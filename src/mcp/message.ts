/**
 * A message in the neutral form: that of MCP 2026-07-28, with every value still the bytes that came.
 *
 * Everything between the two edges of the gateway speaks this form. How a revision writes it on the wire is left to
 * era-legacy.ts and era-modern.ts, how bytes become one of these to outline.ts.
 */

import type { Cancellation } from "./cancellation.ts"
import type { LargeMembers } from "./large-members.ts"
import type { RawJson, RawObject } from "./raw-json.ts"

/** What the bytes of one JSON-RPC message say, before any era is known. */
export type Outline =
  | { readonly kind: "request"; readonly id: RawJson; readonly method: string; readonly params: RawObject }
  | { readonly kind: "notification"; readonly method: string; readonly params: RawObject }
  | { readonly kind: "result"; readonly id: RawJson; readonly result: RawObject }
  | { readonly kind: "error"; readonly id: RawJson | undefined; readonly error: RpcError }

export type RpcError = { readonly code: number; readonly message: string; readonly data?: RawJson }

export const legacyRevisions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const
export const modernRevisions = ["2026-07-28"] as const

type LegacyRevision = (typeof legacyRevisions)[number]
export type ModernRevision = (typeof modernRevisions)[number]
export type Revision = LegacyRevision | ModernRevision
export type Era = "legacy" | "modern"

export const logLevels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"] as const
export type LogLevel = (typeof logLevels)[number]

/** Who stands at the client's end of a hop, as it says itself: for display and negotiation, never for trust. */
export type ClientFacts = {
  readonly revision: Revision
  readonly era: Era
  /** The ClientCapabilities object. */
  readonly capabilities: RawObject
  /** The Implementation object, where the client gave one. */
  readonly info: RawJson | undefined
}

export type Request = {
  readonly method: string
  /** Without `_meta`. */
  readonly params: RawObject
  /** `_meta` without the keys that describe this hop alone; those are the members below. */
  readonly meta: RawObject
  readonly client: ClientFacts
  /** The sender's own token; whoever forwards the request sends one of its own. */
  readonly progressToken: RawJson | undefined
  /**
   * The least level of log messages the sender wants with this request. `undefined` means none from a modern
   * client, and whatever the service chooses from a legacy one that never called `logging/setLevel`.
   */
  readonly logLevel: LogLevel | undefined
}

/** `params` with `_meta`; a progress notification carries the receiver's token by the time it is received. */
export type Notification = { readonly method: string; readonly params: RawObject }

/** The outcome of a request. A result keeps every member, `_meta` and unknown ones included. */
export type Answer =
  | { readonly result: RawObject; readonly error?: undefined }
  | { readonly error: RpcError; readonly result?: undefined }

/** A connection that lasts longer than one request: a legacy session, a pipe. */
type Session = { readonly id: string; readonly closed: AbortSignal }

/** What surrounds one open request, seen from whoever must answer it. */
export interface Exchange {
  /** Aborts when the sender no longer wants the answer. May be made when it is first read. */
  readonly signal: AbortSignal
  /** The same for those who need no signal; absent where a signal is all there is: see `cancellationOf`. */
  readonly cancellation?: Cancellation | undefined
  /** What the request came over, where that has a state of its own. */
  readonly session?: Session | undefined
  /** Ends it from this side: it aborts, and its sender is told why. Absent where only the sender can end it. */
  end?(reason: Error): void
  /** Sends what belongs to this request ahead of its answer: progress, log messages, subscription news. */
  notify(notification: Notification): void
  /**
   * Asks the sender something before answering (`elicitation/create`, `sampling/createMessage`, `roots/list`).
   * Absent where the sender's era has no such requests; answers an error at once where the sender did not
   * declare the capability.
   */
  readonly ask?: ((request: Request, signal: AbortSignal) => Promise<Answer>) | undefined
  /**
   * Opens the way for members of the result that are too large to be held. Absent where the answer must come whole,
   * and undefined where this one must after all.
   */
  readonly large?: (() => LargeMembers | undefined) | undefined
}

/**
 * Answers one request: what our servers hand requests to, and what our clients are. The gateway in the middle is
 * one of these made of many.
 */
export type Handler = (request: Request, exchange: Exchange) => Promise<Answer>

/** How clients and services declare the tasks of 2026-07-28, among the extensions of their capabilities. */
export const tasksExtension = "io.modelcontextprotocol/tasks"

/** What all methods of the specification begin with; nobody else's may. */
const ownNamespaces: ReadonlySet<string> = new Set(
  (
    "completion elicitation initialize logging notifications ping prompts resources roots rpc sampling server" +
    " subscriptions tasks tools"
  ).split(" "),
)

/** Whether a method's name belongs to the specification, today's or a later one's. */
export function isOfSpecification(method: string): boolean {
  return ownNamespaces.has(method.split(/[/.]/)[0] ?? "")
}
