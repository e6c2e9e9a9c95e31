/**
 * The lists: the same story as a call, for everything at once. They show exactly what authorize.ts would let through,
 * and what was shown is on record before it leaves.
 */

import type { ItemKind } from "../domain/catalog.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { readString, toRaw, writeArray, type RawJson } from "../mcp/raw-json.ts"
import type { CallAudit } from "./audit.ts"
import type { CallRequest, Steps } from "./call.ts"
import type { Known } from "./resolve.ts"
import { viewOf } from "./view.ts"

export const listMethods: Readonly<Record<string, { readonly kind: ItemKind; readonly member: string }>> = {
  "tools/list": { kind: "tools", member: "tools" },
  "prompts/list": { kind: "prompts", member: "prompts" },
  "resources/list": { kind: "resources", member: "resources" },
  "resources/templates/list": { kind: "templates", member: "resourceTemplates" },
}

const pageSize = 1_000

/** Lists depend on who asks, and change without notice to caches between. */
const uncached: readonly (readonly [string, RawJson])[] = [
  ["resultType", toRaw("complete")],
  ["ttlMs", toRaw(0)],
  ["cacheScope", toRaw("private")],
]

export type ListSteps = Pick<Steps, "authenticate"> & Pick<CallAudit, "shown" | "refused">

/** @throws GatewayError `unauthenticated`, `audit_unavailable`; `invalid` for a cursor that is not ours */
export async function list(steps: ListSteps, known: Known, call: CallRequest): Promise<Answer> {
  const { caller, mount, request } = call
  const principal = steps.authenticate(caller)
  const { kind, member } = listMethods[request.method] ?? { kind: "tools", member: "tools" }
  const view = viewOf(known, principal, mount, kind)
  const { items } = view
  const after = readCursor(request.params.get("cursor"))
  const start = after === undefined ? 0 : items.findIndex(({ name }) => name > after)
  const page = start < 0 ? [] : items.slice(start, start + pageSize)
  const result = new Map([...uncached, [member, writeArray(page.map((item) => item[request.client.era]))]])
  const last = page.at(-1)
  if (last && last !== items.at(-1)) result.set("nextCursor", toRaw(writeCursor(last.name)))
  const detail = { items: items.length, shown: page.length, digest: view.digest() }
  await steps.shown(principal, call, { kind: "list", detail })
  return { result }
}

/** A cursor names the last item shown, so that pages hold together while the list changes. */
function writeCursor(name: string): string {
  return Buffer.from(`after ${name}`).toString("base64url")
}

function readCursor(raw: RawJson | undefined): string | undefined {
  if (!raw) return undefined
  const text = Buffer.from(readString(raw) ?? "", "base64url").toString()
  if (text.startsWith("after ")) return text.slice("after ".length)
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
}
