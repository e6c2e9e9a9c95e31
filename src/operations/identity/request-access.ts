/**
 * Asking for what one does not hold, for a time. What is asked for need not exist: whoever may not use a thing does not
 * learn here whether it is there. It comes to a plan that waits, whatever the settings say of approvals, for somebody
 * who holds what it would grant.
 */

import * as z from "zod"
import { nextVersion } from "../../domain/changes/change.ts"
import { exceeds } from "../../domain/exceeding.ts"
import { coversPattern } from "../../domain/pattern.ts"
import {
  grantedKinds,
  liveGrants,
  maxTemporary,
  permissionSchema,
  type Grants,
  type TemporaryGrant,
} from "../../domain/permission.ts"
import type { Principal } from "../../domain/principal.ts"
import { visibleLine } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { defineChange } from "../changes/change-operation.ts"
import { assertMayGrant, getPrincipal } from "./identity-rules.ts"
import type { OperationContext } from "../operation.ts"
import { principalRow, toPrincipalRow } from "./principal-row.ts"

const maxNames = 10
const minuteMs = 60_000

const names = z
  .array(z.string().min(1).max(256))
  .max(maxNames)
  .default([])
  .describe("Exact names, or patterns in which * stands for any characters.")

const input = z.strictObject({
  permissions: z
    .array(permissionSchema)
    .max(maxNames)
    .default([])
    .describe('Over the gateway, such as "operate".'),
  tools: names,
  prompts: names,
  resources: names,
  reason: z.string().min(1).max(500).describe("What it is for; whoever decides reads it."),
  minutes: z.int().min(1).describe("How long, from the moment at which you apply it."),
})

type Wanted = z.output<typeof input>

export const requestAccess = defineChange({
  name: "request_access",
  title: "Ask for access for a time",
  summary:
    "Asks for tools, prompts, resources or permissions that you do not hold, for some minutes. It makes a plan that waits for another principal who holds them and may approve it; when it is approved you perform it with apply_plan, and from then on you hold them until their time is over. Use it when a call was refused as unknown or forbidden and you need it for what you were asked to do. Look at the plan with get_plan; see what you hold with whoami.",
  group: "identity",
  permission: "self:read",
  effect: "create",
  risk: "high",
  route: { method: "POST", path: "/me/access-requests" },
  input,
  output: z.object({ principal: principalRow.describe("You, as you may act now.") }),
  approval: "always",
  draft: async (context, wanted) => {
    const before = await getPrincipal(context, context.actor.principal.name)
    const grant = readWanted(context, wanted)
    assertWorthwhile(before, grant)
    const live = liveGrants(before.grants, context.nowMs)
    const after: Principal = {
      ...before,
      grants: { ...live, temporary: [...roomIn(live), grant] },
      version: nextVersion(before),
    }
    const notes = [`${before.name} asks for it for ${wanted.minutes} minutes, because: ${grant.reason ?? ""}`]
    return {
      changes: [{ subject: "principal", name: before.name, before, after }],
      notes,
      why: grant.reason,
      memo: after,
    }
  },
  mayApprove: (context, wanted, proposer) => {
    const grant = readWanted(context, wanted)
    assertMayGrant(context, { ...withoutAllowed(proposer.grants), permissions: [], temporary: [grant] })
  },
  tell: async ({ nowMs }, _input, { memo: principal }) => ({ principal: toPrincipalRow(principal, nowMs) }),
  say: ({ principal: { name, grants } }) =>
    `${name} holds it now, until ${grants.temporary?.at(-1)?.expiresAt ?? "its time is over"}.`,
})

/** @throws GatewayError `invalid` */
function readWanted(
  { governance: { maxAccessMinutes }, nowMs }: Pick<OperationContext, "governance" | "nowMs">,
  { minutes, reason: words, permissions, tools, prompts, resources }: Wanted,
): TemporaryGrant {
  if (minutes > maxAccessMinutes)
    throw new GatewayError(
      "invalid",
      `Access is granted for at most ${maxAccessMinutes} minutes at a time (governance.maxAccessMinutes); ask for less.`,
      { detail: { maxMinutes: maxAccessMinutes } },
    )
  if ([permissions, tools, prompts, resources].every(({ length }) => length === 0))
    throw new GatewayError("invalid", "Give at least one of permissions, tools, prompts and resources.")
  const reason = visibleLine(words).trim()
  if (reason === "") throw new GatewayError("invalid", "Say in reason what it is for; whoever decides reads it.")
  const allow = (names: readonly string[]): TemporaryGrant["tools"] => ({ allow: names, deny: [] })
  return {
    permissions,
    tools: allow(tools),
    prompts: allow(prompts),
    resources: allow(resources),
    expiresAtMs: nowMs + minutes * minuteMs,
    reason,
  }
}

/** Only what it holds itself is told of. @throws GatewayError `conflict` */
function assertWorthwhile({ grants }: Principal, grant: TemporaryGrant): void {
  const denied = grantedKinds.flatMap((kind) =>
    grant[kind].allow.filter((name) => grants[kind].deny.some((pattern) => coversPattern(pattern, name))),
  )
  if (denied.length > 0)
    throw new GatewayError(
      "conflict",
      `Your own grants deny ${denied.join(", ")}, and no temporary one can allow it; ask whoever set them.`,
      { next: { operation: "whoami" } },
    )
  const { reason: _reason, ...rights } = grant
  const wanted = { ...withoutAllowed(grants), permissions: [], temporary: [rights] }
  if (exceeds(grants, wanted).length === 0)
    throw new GatewayError("conflict", "You hold all of this already, for as long.", {
      next: { operation: "whoami" },
    })
}

/** What is denied counts for temporary grants too. */
function withoutAllowed(grants: Grants): Pick<Grants, (typeof grantedKinds)[number]> {
  const only = (kind: (typeof grantedKinds)[number]): Grants["tools"] => ({ allow: [], deny: grants[kind].deny })
  return { tools: only("tools"), prompts: only("prompts"), resources: only("resources") }
}

/** @throws GatewayError `conflict` */
function roomIn({ temporary = [] }: Grants): readonly TemporaryGrant[] {
  if (temporary.length < maxTemporary) return temporary
  throw new GatewayError(
    "conflict",
    `You hold ${maxTemporary} temporary grants, and nobody holds more; wait until one ends.`,
    { next: { operation: "whoami" } },
  )
}
