/** The keys that principals come with. Whose they are: principals.ts. */

import * as z from "zod"
import { nextVersion } from "../../domain/changes/change.ts"
import type { Key, Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import {
  assertGovernorRemains,
  assertMayActAs,
  assertNotAbove,
  assertNoWiderKey,
  getPrincipal,
} from "./identity-rules.ts"
import { defineChange } from "../changes/change-operation.ts"
import { defineOperation } from "../operation.ts"
import { listAll, pageInput, pageOf, pageOutput } from "../page.ts"
import { expiryInput, expiryOf } from "./key-expiry.ts"
import { keyRow, toKeyRow } from "./key-row.ts"
import { formatTable, more } from "../plain-text.ts"

export const createKey = defineChange({
  name: "create_key",
  title: "Make a key",
  summary:
    "Makes a key for a principal that may do no more than you and shows it this once; only its hash is kept. The principal sends it as Authorization: Bearer KEY. Give agents keys that expire; one for yourself is good no longer than the one you came with. End it early with revoke_key.",
  group: "identity",
  permission: "keys:write",
  effect: "create",
  risk: "high",
  route: { method: "POST", path: "/keys" },
  input: z.strictObject({
    principal: z.string().min(1).max(64).describe("The name of whom it lets in."),
    label: z.string().max(200).default("").describe("Tells it from others: where it is used."),
    ...expiryInput,
  }),
  output: z.object({ ...keyRow.shape, key: z.string().describe("The key itself. It cannot be shown again.") }),
  draft: async (context, { principal: name, label, ...expiry }) => {
    const expiresAtMs = expiryOf(expiry, context.nowMs)
    const principal = await getPrincipal(context, name)
    assertMayActAs(context, principal)
    await assertNoWiderKey(context, principal, expiresAtMs)
    const { id, text, hash } = await context.keyMaker.make()
    const after: Key = {
      id,
      principalId: principal.id,
      hash,
      label,
      createdAtMs: context.nowMs,
      createdBy: context.actor.principal.id,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
      version: nextVersion(undefined),
    }
    return { changes: [{ subject: "key", name: id, after }], memo: { key: after, text } }
  },
  tell: async ({ nowMs }, { principal }, { memo: { key, text } }) => ({
    ...toKeyRow(key, principal, nowMs),
    key: text,
  }),
  say: ({ principal, key, id, expiresAt }) =>
    `The key of ${principal}, shown this once: ${key}\nIts id is ${id}; it is good until ${expiresAt ?? "it is revoked"}.`,
})

export const listKeys = defineOperation({
  name: "list_keys",
  title: "List the keys",
  summary:
    "Lists the keys of one principal or of all, with label, state and expiry; never the keys themselves. Use it to find the id for revoke_key.",
  group: "identity",
  permission: "principals:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/keys" },
  input: z.strictObject({
    principal: z.string().min(1).max(64).optional().describe("Only those of this principal, by name."),
    ...pageInput,
  }),
  output: z.object({ keys: z.array(keyRow), ...pageOutput }),
  run: async (context, { principal: name, ...page }) => {
    const owner = name === undefined ? undefined : await getPrincipal(context, name)
    const names = new Map((await listAll(context.principals)).map(({ id, name }) => [id, name]))
    const keys = (await listAll(context.keys)).filter(
      ({ principalId }) => (owner?.id ?? principalId) === principalId,
    )
    const { items, nextCursor } = pageOf(keys, ({ id }) => id, page)
    return {
      keys: items.map((key) => toKeyRow(key, names.get(key.principalId) ?? key.principalId, context.nowMs)),
      nextCursor,
    }
  },
  say: ({ keys, nextCursor }) => {
    if (keys.length === 0) return "No keys."
    const rows = keys.map(({ id, principal, label, state, expiresAt }) => [id, principal, state, expiresAt, label])
    return formatTable(["ID", "PRINCIPAL", "STATE", "EXPIRES", "LABEL"], rows) + more(nextCursor)
  },
})

export const revokeKey = defineChange({
  name: "revoke_key",
  title: "Revoke a key",
  summary:
    "Ends a key at once and for good; calls that come with it are refused from then on. Find its id with list_keys. The last key of the last principal that can govern is not revoked: make another with create_key first.",
  group: "identity",
  permission: "keys:write",
  effect: "delete",
  risk: "medium",
  route: { method: "DELETE", path: "/keys/{id}" },
  input: z.strictObject({
    id: z.string().min(1).max(64).describe("As list_keys shows it: the part of the key between its first two _."),
  }),
  output: keyRow,
  draft: async (context, { id }) => {
    const before = await context.keys.find(id)
    if (!before)
      throw new GatewayError("not_found", `There is no key with the id ${id}.`, {
        next: { operation: "list_keys" },
      })
    const owner = await context.principals.find(before.principalId)
    if (owner) assertNotAbove(context, owner)
    if (before.revokedAtMs !== undefined) return { changes: [], memo: { key: before, owner } }
    const after = { ...before, revokedAtMs: context.nowMs, version: nextVersion(before) }
    await assertGovernorRemains(context, { keys: [after] })
    return { changes: [{ subject: "key", name: id, before, after }], memo: { key: after, owner } }
  },
  tell: async ({ nowMs }, _input, { memo: { key, owner } }) => toKeyRow(key, nameOf(owner, key), nowMs),
  say: ({ id, principal }) => `The key ${id} of ${principal} is revoked.`,
})

function nameOf(owner: Principal | undefined, { principalId }: Key): string {
  return owner?.name ?? principalId
}
