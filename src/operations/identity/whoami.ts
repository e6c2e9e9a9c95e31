/** Who the caller is, told to itself. */

import * as z from "zod"
import { permissionSchema } from "../../domain/permission.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { isoTime } from "../plain-text.ts"
import { grantsOutput, principalKind, sayGrants, toGrants } from "./principal-row.ts"

export const whoami = defineOperation({
  name: "whoami",
  title: "See who you are here",
  summary:
    "Shows which principal you are to this gateway, what you may do, and until when your key and temporary grants are good. Use it when something that should be there is not: it may not be granted to you. To find tools among those you may call use find_tools.",
  group: "identity",
  permission: "self:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/me" },
  input: z.strictObject({}),
  output: z.object({
    name: z.string(),
    kind: principalKind,
    title: z.string().optional(),
    team: z.string().optional(),
    permissions: z.array(permissionSchema).describe("All that you hold, those that come with a grade included."),
    grants: grantsOutput,
    callableTools: z.int().describe("How many tools of services you may call."),
    key: z
      .object({ id: z.string(), label: z.string(), expiresAt: z.string().optional() })
      .optional()
      .describe("The one you came with."),
  }),
  run: async (context) => {
    const { principal, may } = context.actor
    const { name, kind, title, team, grants } = principal
    const permissions = permissionSchema.options.filter((permission) => may.holds(permission))
    const callableTools = context.callableTools().length
    const key = await ownKey(context)
    return { name, kind, title, team, permissions, grants: toGrants(grants, context.nowMs), callableTools, key }
  },
  say: ({ name, kind, grants, callableTools, key }) => {
    const until = key?.expiresAt === undefined ? "" : ` Your key is good until ${key.expiresAt}.`
    return `You are ${name} (${kind}). You hold: ${sayGrants(grants)}. You may call ${callableTools} tools of services.${until}`
  },
})

async function ownKey({
  actor,
  keys,
}: OperationContext): Promise<{ id: string; label: string; expiresAt?: string | undefined } | undefined> {
  const key = actor.keyId === undefined ? undefined : await keys.find(actor.keyId)
  if (!key) return undefined
  return {
    id: key.id,
    label: key.label,
    expiresAt: key.expiresAtMs === undefined ? undefined : isoTime(key.expiresAtMs),
  }
}
