/**
 * A refusal as its caller is told it: under the id of its entry in the audit log, and with the operation that would
 * help next, if and only if this caller may perform that where it has called. Which operations help: the table of errors.ts;
 * who throws knows better at times, and is asked first.
 */

import { errorTable, GatewayError, type NextStep } from "../errors.ts"
import { readString } from "../mcp/raw-json.ts"
import { mayPerform } from "./authorize.ts"
import { isEndedForCaller } from "./outcome.ts"
import type { OpenCall } from "./call.ts"
import type { Known } from "./resolve.ts"

type Tools = Pick<Known, "managementTools">

export function refusalOf(known: Tools, call: OpenCall): unknown {
  const { thrown, request, isRecorded, id, refusedAs } = call
  if (request.exchange.signal.aborted && !isEndedForCaller(thrown)) return thrown // nobody waits for it
  const callId = isRecorded ? id : refusedAs
  if (isOfProtocol(thrown)) return toldUnder(thrown, callId)
  const error = GatewayError.from(thrown)
  const next = nextStep(known, call, error)
  return error.told({ ...(next && { next }), ...(callId !== undefined && { callId }) })
}

/** For what is no call: no operation helps there. */
export function toldUnder(thrown: unknown, callId: string | undefined): unknown {
  if (isOfProtocol(thrown)) return callId === undefined ? thrown : thrown.told({ callId })
  return GatewayError.from(thrown).told(callId === undefined ? {} : { callId })
}

/** One that JSON-RPC or MCP defines: mcp/protocol-error.ts. */
type OfProtocol = Error & { told(as: { readonly callId: string }): Error }

function isOfProtocol(thrown: unknown): thrown is OfProtocol {
  return thrown instanceof Error && thrown.name === "ProtocolError"
}

function nextStep(known: Tools, call: OpenCall, error: GatewayError): NextStep | undefined {
  const helping = errorTable[error.code].next.flatMap((operation) => toStep(known, operation, call) ?? [])
  return [...(error.next ? [error.next] : []), ...helping].find((step) => mayTake(known, call, step))
}

/** The gateway's own tools are offered by the endpoint of all services only. */
function mayTake(known: Tools, { principal, request }: OpenCall, { operation }: NextStep): boolean {
  return request.mount === undefined && principal !== undefined && mayPerform(known, principal, operation)
}

const maxQueryLength = 200
const accessMinutes = 60

/** With the arguments that it needs; undefined where these are not known. */
function toStep(known: Tools, operation: string, call: OpenCall): NextStep | undefined {
  switch (operation) {
    case "find_tools":
      return askedTool(call, (query) => ({ operation, arguments: { query: query.slice(0, maxQueryLength) } }))
    case "explain_access":
      return askedTool(call, (tool) => ({ operation, arguments: { tool } }))
    case "request_access":
      return askedTool(call, (tool) => ({ operation, arguments: accessTo(known, tool) }))
    case "audit_query":
      return call.isRecorded && { operation, arguments: { call_id: call.id } }
    case "diagnose_service":
      return ofService(call, (name) => ({ operation, arguments: { name } }))
    case "healthcheck":
      return ofService(call, (name) => ({ operation, arguments: { name } })) ?? { operation }
    case "get_plan":
      return undefined // who asks for a plan names it
    default:
      return { operation }
  }
}

/** What would be granted: the operations, and what each takes, are no secret. */
function accessTo({ managementTools }: Tools, tool: string): Readonly<Record<string, unknown>> {
  const permission = managementTools.get(tool)?.permission
  const wanted = permission === undefined ? { tools: [tool] } : { permissions: [permission] }
  return { ...wanted, minutes: accessMinutes, reason: `A call of ${tool} was refused.` }
}

const maxNameLength = 256

/** By what was asked for, never by what was found: who may not know of it is told the same. */
function askedTool(
  { request: { request }, isRecorded }: OpenCall,
  to: (name: string) => NextStep,
): NextStep | undefined {
  if (isRecorded || request.method !== "tools/call") return undefined
  const name = readString(request.params.get("name"))
  return name && name.length <= maxNameLength ? to(name) : undefined
}

function ofService({ target }: OpenCall, toStep: (service: string) => NextStep): NextStep | undefined {
  return target && target.kind !== "operation" ? toStep(target.entry.service) : undefined
}
