/** A gateway with an agent that proposes and a person who decides. */

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import { admins, nowMs, openKit, type Kit } from "./operations-kit.ts"

export type Plan = {
  readonly id: string
  readonly digest: string
  readonly state: string
  readonly operation: string
  readonly proposedBy: string
  readonly affects: Readonly<
    Record<"principals" | "tools", { readonly count: number; readonly names: readonly string[] }>
  >
  readonly approvals: readonly { readonly by: string; readonly expiresAt: string }[]
  readonly rejection?: { readonly by: string; readonly reason: string }
}

export type World = {
  readonly kit: Kit
  readonly agent: ActivePrincipal
  readonly boss: ActivePrincipal
}

export const minuteMs = 60_000
const governors = { ...admins, tools: { allow: ["*"] } }

export async function openWorld(t: TestContext, folder?: string): Promise<World> {
  const kit = await openKit(t, undefined, folder)
  return {
    kit,
    boss: await kit.join("boss", governors),
    agent: await kit.join("agent", governors, "agent"),
  }
}

export const program = {
  name: "files",
  command: "/opt/files-server",
  env: { TOKEN: "never-to-be-seen" },
  enabled: false,
}

/** What an agent is told that its change waits for. */
export async function propose(
  { kit, agent }: World,
  operation = "register_service",
  input: object = program,
): Promise<{ id: string; digest: string }> {
  const thrown: unknown = await kit.run(agent, operation, input).then(
    () => assert.fail(`${operation} was made at once`),
    (thrown: unknown) => thrown,
  )
  assert.ok(thrown instanceof GatewayError && thrown.code === "plan_required", String(thrown))
  const { plan, digest } = thrown.detail as { plan: string; digest: string }
  assert.deepEqual(thrown.next, { operation: "get_plan", arguments: { id: plan } })
  return { id: plan, digest }
}

export async function show({ kit, boss }: World, id: string, at = nowMs): Promise<Plan> {
  return ((await kit.run(boss, "get_plan", { id }, { nowMs: at })) as { plan: Plan }).plan
}

export function isRegistered({ kit }: World): boolean {
  return existsSync(join(kit.folder, "servers.d", "files.json"))
}
