/** Calls as clients made them: over a real audit log, through the steps of a call, in front of services that answer at once. */

import { createAudit } from "../../src/call/audit.ts"
import { authorize } from "../../src/call/authorize.ts"
import { call, type CallRequest, type Steps } from "../../src/call/call.ts"
import { Folding } from "../../src/call/folding.ts"
import { meter } from "../../src/call/meter.ts"
import { openCall } from "../../src/call/open-call.ts"
import { refusalOf } from "../../src/call/refusal.ts"
import { resolve, type Known } from "../../src/call/resolve.ts"
import type { EntryRecorder } from "../../src/domain/audit/log.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import { compilePolicies, type CompiledPolicies } from "../../src/domain/policy/compiled-policies.ts"
import { keptPolicySchema, type Policy } from "../../src/domain/policy/policy.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import { noMembers, toRaw } from "../../src/mcp/raw-json.ts"
import { said } from "../call/audit-kit.ts"
import { offer, offered, principal } from "../call/fixtures.ts"

const hints = { get: { readOnlyHint: true }, drop: { destructiveHint: true }, run: { destructiveHint: false } }
const toolOf = (name: keyof typeof hints) =>
  offered(name, { name, inputSchema: { type: "object" }, annotations: hints[name] })
const promptOf = (name: string) => offered(name, { name })

const catalog = compileCatalog([
  offer("crm", { tools: [toolOf("get"), toolOf("drop")], prompts: [promptOf("ask")] }, { tags: ["prod"] }),
  offer("lab", { tools: [toolOf("run")], resources: [offered("note://1", { uri: "note://1", name: "1" })] }),
])

const most = { tools: { allow: ["*"] }, prompts: { allow: ["*"] }, resources: { allow: ["*"] } }
const few = { tools: { allow: ["crm__get"] } }

export const callers: readonly ActivePrincipal[] = [
  principal("ann", most),
  principal("bot", { ...most, tools: { allow: ["*"], deny: ["lab__*"] } }),
  principal("cal", few),
]

export function knownWith(policies: CompiledPolicies, now: () => number): Known {
  const [managementTools, managementResources] = [new Map(), new Map()]
  const managementTemplates = new Map()
  return {
    catalog,
    policies,
    now,
    managementTools,
    managementResources,
    managementTemplates,
    openTaskId: () => undefined,
  }
}

export function compiled(policies: readonly object[]): CompiledPolicies {
  const kept = { name: "p", mode: "enforce", createdAtMs: 0, createdBy: "t", changedAtMs: 0, version: 1 }
  return compilePolicies(policies.map((policy): Policy => keptPolicySchema.parse({ ...kept, ...policy })))
}

export type PastCall = {
  readonly who: ActivePrincipal
  readonly method: string
  readonly name: string
  /** JSON, as it was sent; none where there are no arguments. */
  readonly text: string | undefined
  readonly atMs: number
  readonly client: string | undefined
}

function requestOf({ method, name, text, client }: PastCall): CallRequest {
  const named = [[method === "resources/read" ? "uri" : "name", toRaw(name)]] as const
  const params = new Map([...named, ...(text === undefined ? [] : [["arguments", Buffer.from(text)] as const])])
  const info = client === undefined ? undefined : toRaw({ name: client, version: "1" })
  const facts = { era: "modern", revision: "2026-07-28", capabilities: noMembers, info } as const
  const request = { method, params, meta: noMembers, client: facts, progressToken: undefined, logLevel: undefined }
  const exchange = { signal: new AbortController().signal, notify: () => {} }
  return { caller: { principalId: "" }, mount: undefined, request, exchange }
}

type Playing = {
  readonly policies: CompiledPolicies
  readonly recorder: EntryRecorder
  readonly payloads: "digest" | "redacted"
}

/** So many are open at once. */
const together = 500

/** Makes the calls in turn. @returns the places of those that were refused */
export async function play(
  calls: readonly PastCall[],
  { policies, recorder, payloads }: Playing,
): Promise<Set<number>> {
  let nowMs = 0
  const known = knownWith(policies, () => nowMs)
  const folding = new Folding(recorder, () => "")
  const audit = createAudit({
    recorder,
    folding,
    catalog: () => catalog,
    payloads,
    copyBytes: 4_096,
    now: () => nowMs,
  })
  const refused = new Set<number>()
  const stepsFor = (at: number, { who, atMs }: PastCall): Steps => ({
    ...audit,
    open: (opened) =>
      openCall(opened, { id: callId(at), newHex: (digits) => "1".repeat(digits), arrivedMs: atMs, beganMs: 0 }),
    authenticate: () => who,
    resolve: (active, asked) => {
      nowMs = atMs
      folding.flush(nowMs) // as each second does
      return resolve(known, active, asked)
    },
    authorize: (active, target, open) => authorize(known, active, target, open),
    limit: () => undefined,
    route: async () => said({ content: [] }),
    meter: (open) => meter(open, () => 0),
    refusal: (open) => refusalOf(known, open),
  })
  const one = (past: PastCall, at: number): Promise<void> =>
    call(stepsFor(at, past), requestOf(past)).then(
      () => undefined,
      (thrown: unknown) => {
        const { code } = GatewayError.from(thrown)
        if (code !== "not_found" && code !== "forbidden") throw thrown
        refused.add(at)
      },
    )
  for (let from = 0; from < calls.length; from += together)
    await Promise.all(calls.slice(from, from + together).map((past, index) => one(past, from + index)))
  folding.flush(Number.POSITIVE_INFINITY)
  return refused
}

export function callId(at: number): string {
  return `call.${at}`
}
