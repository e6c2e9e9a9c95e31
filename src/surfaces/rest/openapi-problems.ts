/** The refusals of the REST door in OpenAPI, from the table of errors. */

import { errorTable, type ErrorCode } from "../../errors.ts"

const codes = Object.keys(errorTable) as ErrorCode[]
const statuses = [...new Set(codes.map((code) => errorTable[code].status))].sort((a, b) => a - b)
/** The refusals that any path may answer with, by status. */
export const problems = Object.fromEntries(
  statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
)

function problemResponse(status: number): object {
  const meant = codes.filter((code) => errorTable[code].status === status)
  const description = meant.map((code) => `\`${code}\`: ${errorTable[code].sentence}`).join("\n\n")
  return {
    description,
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
export const problemSchema = {
  type: "object",
  required: ["type", "title", "status", "detail", "code", "retryable"],
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string", description: "What the code means." },
    status: { type: "integer" },
    detail: { type: "string", description: "What happened and what to do." },
    code: { type: "string", enum: codes },
    retryable: { type: "boolean", description: "Whether the same request may succeed later." },
    retryAfterMs: { type: "number" },
    next: {
      type: "object",
      description: "The operation that would help.",
      required: ["operation"],
      properties: { operation: { type: "string" }, arguments: { type: "object" } },
    },
    callId: { type: "string", description: "Of its entry in the audit log; audit_query finds it by call_id." },
    instance: { type: "string", format: "uri", description: "The callId as a URN." },
  },
}

export const problemResponses = Object.fromEntries(
  statuses.map((status) => [`Problem${status}`, problemResponse(status)]),
)
