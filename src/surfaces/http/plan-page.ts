/**
 * Where a person decides on a plan in a browser: one page, without a session. A credential is typed in and shown nothing but
 * this gateway; what follows carries a ticket for who it was, for the plan and its digest, and for a few minutes. So
 * no page elsewhere can make a browser decide (there is nothing that it would send by itself), and what is approved is what
 * was shown. Looking and deciding are the operations that they are at every other door. How it looks: plan-html.ts.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { Caller } from "../../domain/principal.ts"
import type { Sealer } from "../../domain/secrets/secret.ts"
import { GatewayError } from "../../errors.ts"
import { readBody } from "../../mcp/server/http-body.ts"
import type { Performed } from "../../operations/perform.ts"
import { planRow } from "../../operations/plans/plan-row.ts"
import { pathOf, type Credential } from "./http-request.ts"
import { entrance, messagePage, pageHeaders, planPage } from "./plan-html.ts"

export type PlanPageOptions = {
  readonly sealer: Sealer
  /** Epoch ms. */
  readonly now: () => number
  /** @throws GatewayError as the operation does, on record */
  readonly perform: (operation: string, caller: Caller, input: object, signal: AbortSignal) => Promise<Performed>
}

/** @param admit @throws GatewayError `unauthenticated`, on record */
export type PlanPage = (
  request: IncomingMessage,
  response: ServerResponse,
  admit: (credential: Credential) => Promise<Caller>,
) => Promise<void>

type Ticket = {
  readonly principalId: string
  readonly keyId?: string
  readonly plan: string
  readonly digest: string
  /** Epoch ms. */
  readonly untilMs: number
}

type Form = { readonly plan: string; readonly fields: URLSearchParams; readonly signal: AbortSignal }

const purpose = "plan-page"
const ticketMs = 10 * 60_000
const maxBodyBytes = 64 * 1_024

export function createPlanPage(options: PlanPageOptions): PlanPage {
  return async (request, response, admit) => {
    if (request.method !== "POST") return send(response, 200, entrance)
    const plan = decodeURIComponent(pathOf(request).replace(/^\/plans\//, ""))
    const fields = new URLSearchParams((await readBody(request, maxBodyBytes)).toString())
    const gone = new AbortController()
    response.on("close", () => gone.abort(new GatewayError("invalid", "The client has gone away.")))
    const form = { plan, fields, signal: gone.signal }
    // Who shows nothing at all is answered as at every other route.
    if (!fields.has("ticket") && credentialIn(fields) === undefined) throw noCredential()
    try {
      const page = fields.has("ticket") ? await decide(options, form) : await show(options, form, admit)
      send(response, 200, page)
    } catch (thrown) {
      const { status, message } = GatewayError.from(thrown)
      send(response, status, messagePage("That did not work", message))
    }
  }
}

async function show(
  { perform, sealer, now }: PlanPageOptions,
  { plan: id, fields, signal }: Form,
  admit: (credential: Credential) => Promise<Caller>,
): Promise<string> {
  const caller = await admit(credentialIn(fields) ?? {})
  const { output } = await perform("get_plan", caller, { id }, signal)
  const plan = planRow.parse(output["plan"])
  const { principalId, keyId } = caller
  const ticket: Ticket = {
    principalId,
    ...(keyId !== undefined && { keyId }),
    plan: id,
    digest: plan.digest,
    untilMs: now() + ticketMs,
  }
  return planPage(plan, sealer.seal(purpose, ticket))
}

async function decide(
  { perform, sealer, now }: PlanPageOptions,
  { plan: id, fields, signal }: Form,
): Promise<string> {
  const ticket = sealer.open(purpose, fields.get("ticket") ?? "") as Ticket | undefined
  if (ticket?.plan !== id || ticket.untilMs <= now()) throw noCredential()
  const { principalId, keyId, digest } = ticket
  const caller: Caller = { principalId, ...(keyId !== undefined && { keyId }) }
  const decision = fields.get("do")
  if (decision === "approve") {
    const { text } = await perform("approve_plan", caller, { id, digest }, signal)
    return messagePage("Approved", text)
  }
  if (decision !== "reject") throw new GatewayError("invalid", "There is nothing else to do with a plan.")
  const reason = fields.get("reason") || "Rejected on its page."
  const { text } = await perform("reject_plan", caller, { id, reason }, signal)
  return messagePage("Rejected", text)
}

function credentialIn(fields: URLSearchParams): Credential | undefined {
  const [key, name, password] = ["key", "name", "password"].map((field) => fields.get(field)?.trim() ?? "")
  if (key) return { apiKey: key }
  if (!name || !password) return undefined
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` }
}

function noCredential(): GatewayError {
  return new GatewayError(
    "unauthenticated",
    "A credential is needed, or yours has lasted too long: look at the plan anew.",
  )
}

function send(response: ServerResponse, status: number, page: string): void {
  response.writeHead(status, { ...pageHeaders, "content-length": Buffer.byteLength(page) })
  response.end(response.req.method === "HEAD" ? undefined : page)
}
