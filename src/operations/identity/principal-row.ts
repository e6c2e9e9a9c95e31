/** A principal as operations show it: never with a hash. */

import * as z from "zod"
import {
  grantsWith,
  liveGrants,
  permissionSchema,
  type Grants,
  type Patterns,
  type Rights,
  type TemporaryGrant,
} from "../../domain/permission.ts"
import type { Principal } from "../../domain/principal.ts"
import { expiryInput, instantToCome } from "./key-expiry.ts"
import { isoTime } from "../plain-text.ts"

export const principalKind = z.enum(["human", "agent", "workload"])

export const grantsInput = grantsWith({
  expiresAt: expiryInput.expiresAt.unwrap().describe("When this ends, such as 2027-01-31T18:00:00Z."),
}).describe(
  'What it may do. permissions: over the gateway itself, such as "operate". tools, prompts, resources: {allow, deny} of names or patterns with *, such as "files__*"; a resource is named service/uri. temporary: more of the same, each until its expiresAt. What is absent is not granted.',
)

/** @throws GatewayError `invalid` where a temporary one would have ended already */
export function readGrants({ temporary = [], ...standing }: z.output<typeof grantsInput>, nowMs: number): Grants {
  const ending = temporary.map(({ expiresAt, ...rights }) => ({
    ...rights,
    expiresAtMs: instantToCome(expiresAt, nowMs),
  }))
  return { ...standing, ...(ending.length > 0 && { temporary: ending }) }
}

const useOutput = z.object({ allow: z.array(z.string()), deny: z.array(z.string()) })

const rightsOutput = {
  permissions: z.array(permissionSchema),
  tools: useOutput,
  prompts: useOutput,
  resources: useOutput,
}

const temporaryOutput = z.object({
  ...rightsOutput,
  expiresAt: z.string().describe("ISO 8601, UTC."),
  reason: z.string().optional(),
})

export const grantsOutput = z.object({
  ...rightsOutput,
  temporary: z.array(temporaryOutput).optional().describe("Beside the standing ones, until each ends."),
})

/** As they are at that instant; what it says can be given to set_grants again. */
export function toGrants(grants: Grants, nowMs: number): z.input<typeof grantsOutput> {
  const { temporary } = liveGrants(grants, nowMs)
  return { ...toRights(grants), ...(temporary && { temporary: temporary.map(toTemporary) }) }
}

function toTemporary({ expiresAtMs, reason, ...rights }: TemporaryGrant): z.input<typeof temporaryOutput> {
  return { ...toRights(rights), expiresAt: isoTime(expiresAtMs), ...(reason !== undefined && { reason }) }
}

function toRights({ permissions, tools, prompts, resources }: Rights): z.input<z.ZodObject<typeof rightsOutput>> {
  const use = ({ allow, deny }: Patterns): z.input<typeof useOutput> => ({ allow: [...allow], deny: [...deny] })
  return { permissions: [...permissions], tools: use(tools), prompts: use(prompts), resources: use(resources) }
}

export const principalRow = z.object({
  name: z.string(),
  kind: principalKind,
  title: z.string().optional(),
  team: z.string().optional(),
  grants: grantsOutput,
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  createdAt: z.string().describe("ISO 8601, UTC."),
})

export function toPrincipalRow(principal: Principal, nowMs: number): z.input<typeof principalRow> {
  const { name, kind, title, team, grants, disabled, passwordHash, createdAtMs } = principal
  return {
    name,
    kind,
    title,
    ...(team !== undefined && { team }),
    grants: toGrants(grants, nowMs),
    disabled,
    hasPassword: passwordHash !== undefined,
    createdAt: isoTime(createdAtMs),
  }
}

export function sayGrants({ temporary = [], ...standing }: z.output<typeof grantsOutput>): string {
  const ending = temporary.flatMap((one) => sayRights(one).map((text) => `${text} (until ${one.expiresAt})`))
  const all = [...sayRights(standing), ...ending]
  return all.length > 0 ? all.join(", ") : "nothing"
}

function sayRights({ permissions, tools, prompts, resources }: Rights): readonly string[] {
  const uses = Object.entries({ tools, prompts, resources }).flatMap(([kind, { allow, deny }]) => [
    ...(allow.length > 0 ? [`${kind} ${allow.join(" ")}`] : []),
    ...(deny.length > 0 ? [`but no ${kind} ${deny.join(" ")}`] : []),
  ])
  return [...permissions, ...uses]
}
