/** A principal as operations show it: never with a hash. */

import * as z from "zod"
import { grantsSchema, permissionSchema, type Grants } from "../domain/permission.ts"
import type { Principal } from "../domain/principal.ts"
import { isoTime } from "./plain-text.ts"

export const principalKind = z.enum(["human", "agent", "workload"])

export const grantsInput = grantsSchema.describe(
  'What it may do. permissions: over the gateway itself, such as "operate". tools, prompts, resources: {allow, deny} of names or patterns with *, such as "files__*"; a resource is named service/uri. What is absent is not granted.',
)

const useOutput = z.object({ allow: z.array(z.string()), deny: z.array(z.string()) })

export const grantsOutput = z.object({
  permissions: z.array(permissionSchema),
  tools: useOutput,
  prompts: useOutput,
  resources: useOutput,
})

export function toGrants({ permissions, tools, prompts, resources }: Grants): z.input<typeof grantsOutput> {
  const use = ({ allow, deny }: Grants["tools"]): z.input<typeof useOutput> => ({
    allow: [...allow],
    deny: [...deny],
  })
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

export function toPrincipalRow(principal: Principal): z.input<typeof principalRow> {
  const { name, kind, title, team, grants, disabled, passwordHash, createdAtMs } = principal
  return {
    name,
    kind,
    title,
    ...(team !== undefined && { team }),
    grants: toGrants(grants),
    disabled,
    hasPassword: passwordHash !== undefined,
    createdAt: isoTime(createdAtMs),
  }
}

export function sayGrants({ permissions, tools, prompts, resources }: z.output<typeof grantsOutput>): string {
  const uses = Object.entries({ tools, prompts, resources }).flatMap(([kind, { allow, deny }]) => [
    ...(allow.length > 0 ? [`${kind} ${allow.join(" ")}`] : []),
    ...(deny.length > 0 ? [`but no ${kind} ${deny.join(" ")}`] : []),
  ])
  const all = [...permissions, ...uses]
  return all.length > 0 ? all.join(", ") : "nothing"
}
