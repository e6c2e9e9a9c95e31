/**
 * The one error of this project and the closed table behind it: what each code means to HTTP, to JSON-RPC and to
 * someone deciding whether to try again. Every door maps from here; docs/errors.md is made from here.
 */

type ErrorKind = {
  /** HTTP status where the door is REST, and where MCP's transport demands one. */
  readonly status: number
  /** JSON-RPC code. Ours lie outside -32768..-32000, which JSON-RPC and MCP keep for themselves. */
  readonly rpc: number
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean
  readonly sentence: string
  /** Operations that help, the best first: the first that there is, and that the caller may perform, is offered. */
  readonly next: readonly string[]
}

export const errorTable = {
  invalid: {
    status: 400,
    rpc: -32602,
    retryable: false,
    sentence: "The request is malformed or breaks a rule; change it.",
    next: [],
  },
  unauthenticated: {
    status: 401,
    rpc: -31401,
    retryable: false,
    sentence: "No valid credential came with the request.",
    next: [],
  },
  forbidden: {
    status: 403,
    rpc: -32602,
    retryable: false,
    sentence: "Not allowed: a permission is missing, or the Host or Origin is not one of the gateway's.",
    next: ["whoami"],
  },
  blocked: {
    status: 403,
    rpc: -31451,
    retryable: false,
    sentence: "A guard refused the arguments or the result.",
    next: ["explain_access"],
  },
  not_found: {
    status: 404,
    rpc: -32602,
    retryable: false,
    sentence: "No such thing, or not for this principal.",
    next: ["explain_access", "request_access", "find_tools", "whoami"],
  },
  conflict: {
    status: 409,
    rpc: -31409,
    retryable: false,
    sentence: "The state does not allow it, or has changed meanwhile.",
    next: [],
  },
  plan_required: {
    status: 409,
    rpc: -31410,
    retryable: false,
    sentence: "The change needs a plan and an approval.",
    next: ["get_plan"],
  },
  too_large: {
    status: 413,
    rpc: -31413,
    retryable: false,
    sentence: "A size limit was passed; the message names it.",
    next: [],
  },
  quota_exceeded: {
    status: 429,
    rpc: -31429,
    retryable: true,
    sentence: "A quota is used up until its window ends.",
    next: ["list_quotas"],
  },
  internal: {
    status: 500,
    rpc: -32603,
    retryable: false,
    sentence: "The gateway failed; its log has the cause.",
    next: ["audit_query"],
  },
  service_error: {
    status: 502,
    rpc: -31502,
    retryable: false,
    sentence: "The service answered with an error of its own.",
    next: [],
  },
  service_unavailable: {
    status: 503,
    rpc: -31503,
    retryable: true,
    sentence: "The service cannot be reached now.",
    next: ["diagnose_service", "healthcheck"],
  },
  overloaded: {
    status: 503,
    rpc: -31529,
    retryable: true,
    sentence: "Too much is waiting already; nothing was sent.",
    next: ["healthcheck"],
  },
  audit_unavailable: {
    status: 503,
    rpc: -31507,
    retryable: true,
    sentence: "The call cannot be recorded, so it was not made.",
    next: ["audit_head"],
  },
  timeout: {
    status: 504,
    rpc: -31504,
    retryable: true,
    sentence: "The answer did not come in time; it may have had effects.",
    next: ["diagnose_service", "healthcheck"],
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorTable

export type NextStep = { readonly operation: string; readonly arguments?: Readonly<Record<string, unknown>> }

export type ErrorDetail = {
  /** Safe to show to the caller: no secret, path, stack or driver text. */
  readonly detail?: Readonly<Record<string, unknown>>
  /** Ms until a retry may succeed. */
  readonly retryAfterMs?: number
  /** The operation that would help, with the arguments it would take. */
  readonly next?: NextStep
  /** Of its entry in the audit log, where it has one: what audit_query finds it by. */
  readonly callId?: string
  /** Kept for the operational log, never shown. */
  readonly cause?: unknown
}

/** Its message says what happened and what to do, and is safe to show. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly detail: Readonly<Record<string, unknown>>
  readonly retryAfterMs: number | undefined
  readonly next: NextStep | undefined
  readonly callId: string | undefined

  constructor(code: ErrorCode, message: string, given: ErrorDetail = {}) {
    const { detail = {}, retryAfterMs, next, callId, cause } = given
    super(message, { cause })
    this.name = "GatewayError"
    this.code = code
    this.detail = detail
    this.retryAfterMs = retryAfterMs
    this.next = next
    this.callId = callId
  }

  get status(): number {
    return errorTable[this.code].status
  }

  /** What was thrown, as one of ours: anything unknown is our own fault and says nothing of its inside. */
  static from(thrown: unknown): GatewayError {
    if (thrown instanceof GatewayError) return thrown
    return new GatewayError("internal", errorTable.internal.sentence, { cause: thrown })
  }

  /** The same, as one caller is told it. One that was thrown may be thrown at many. */
  told({ next, callId }: Pick<ErrorDetail, "next" | "callId">): GatewayError {
    return new GatewayError(this.code, this.message, {
      detail: this.detail,
      cause: this.cause ?? this,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(next && { next }),
      ...(callId !== undefined && { callId }),
    })
  }

  /** The facts a program may act on: `data` of a JSON-RPC error, members of an RFC 9457 problem. */
  toData(): Record<string, unknown> {
    return {
      ...this.detail,
      code: this.code,
      retryable: errorTable[this.code].retryable,
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
      ...(this.next && { next: this.next }),
      ...(this.callId !== undefined && { callId: this.callId }),
    }
  }
}
