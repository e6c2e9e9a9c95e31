/**
 * What agents try in order to be more than they were made (AGT-01 to AGT-13): as whom, by which operation, with what.
 * Each is to be refused; those that may be answered must start nothing and change nothing.
 */

import { operations } from "../../../src/operations/index.ts"
import { hostileLines, hostileVariables, oddCommands } from "../../domain/command-lines.ts"

/** An agent that may use every tool; one that may configure; one that may do whatever an agent can be given. */
export const agents = {
  invoker: { tools: { allow: ["*"] } },
  writer: { permissions: ["configure"], tools: { allow: ["*"] } },
  governor: { permissions: ["govern", "services:stdio:write"], tools: { allow: ["*"] } },
} as const
export type AgentName = keyof typeof agents

type Values = Readonly<Record<string, unknown>>

export type Attempt = {
  /** Of the catalogue. */
  readonly id: string
  readonly as: AgentName
  readonly operation: string
  readonly input: Values
  /** It only looks, and may be answered. */
  readonly looks?: true
}

/** A program that leaves a mark where it is started. */
export type Bait = { readonly command: string; readonly args: readonly string[] }

export function attemptsWith(bait: Bait, planned: Values): readonly Attempt[] {
  return [...unseen(), ...byWriter(bait), ...byGovernor(bait, planned), ...commandLines(bait)]
}

/** AGT-01: without a permission every operation is unknown, whatever it is given. */
function unseen(): readonly Attempt[] {
  const given = { name: "there", id: "x", principal: "admin", tool: "x" }
  return operations.map(({ name: operation, input: { shape } }) => {
    const input = Object.fromEntries(Object.entries(given).filter(([name]) => name in shape))
    return { id: "AGT-01", as: "invoker", operation, input }
  })
}

function byWriter(bait: Bait): readonly Attempt[] {
  const by = (id: string, operation: string, input: Values): Attempt => ({ id, as: "writer", operation, input })
  const looking = ["inspect_service", "diagnose_service", "healthcheck", "refresh_service", "get_server_details"]
  return [
    by("AGT-02", "register_service", { name: "mine", ...bait }),
    by("AGT-02", "register_service", { name: "mine", ...bait, enabled: false }),
    by("AGT-02", "update_service", { name: "there", args: bait.args }),
    by("AGT-02", "update_service", { name: "there", env: { A: "1" } }),
    by("AGT-02", "register_service", { name: "mine", url: "unix:///run/docker.sock:/mcp" }),
    by("AGT-02", "register_service", { name: "mine", url: "https://a.example/${secret:KEY}" }),
    by("AGT-03", "register_service", { name: "mine", ...bait, dry_run: true }),
    by("AGT-03", "update_service", { name: "there", ...bait, dry_run: true }),
    ...looking.map((operation) => ({ ...by("AGT-03", operation, { name: "there" }), looks: true as const })),
    by("AGT-09", "create_principal", { name: "puppet", kind: "agent", grants: { permissions: ["govern"] } }),
    by("AGT-09", "create_key", { principal: "admin" }),
    by("AGT-10", "set_grants", { name: "writer", grants: { permissions: ["govern"] } }),
    by("AGT-10", "audit_erase", {}),
    by("AGT-13", "approve_plan", { id: "x", digest: "A".repeat(43) }),
  ]
}

function byGovernor(bait: Bait, planned: Values): readonly Attempt[] {
  const by = (id: string, operation: string, input: Values): Attempt => ({ id, as: "governor", operation, input })
  const all = { permissions: ["govern", "services:stdio:write"] }
  const loose = { id: "loose", name: "Loose", mode: "enforce" }
  return [
    by("AGT-02", "register_service", { name: "mine", ...bait }),
    by("AGT-07", "update_service", { name: "there", args: bait.args }),
    by("AGT-07", "update_service", { name: "there", env: { A: "1" } }),
    by("AGT-07", "update_service", { name: "there", cwd: "/srv" }),
    by("AGT-07", "update_service", { name: "there", pin: "off" }),
    by("AGT-08", "remove_service", { name: "there" }),
    by("AGT-09", "create_principal", { name: "puppet", kind: "agent", grants: all }),
    by("AGT-09", "create_principal", {
      name: "puppet",
      kind: "human",
      grants: all,
      password: "puppet-of-governor",
    }),
    by("AGT-09", "create_key", { principal: "admin" }),
    by("AGT-09", "set_grants", { name: "writer", grants: all }),
    by("AGT-09", "set_principal", { name: "admin", disabled: true }),
    by("AGT-09", "remove_principal", { name: "admin" }),
    by("AGT-10", "set_grants", { name: "governor", grants: { ...all, tools: { allow: ["*"] } } }),
    by("AGT-10", "set_principal", { name: "governor", team: "free" }),
    by("AGT-10", "set_quota", { subject: "principal:governor", target: "everything", limit: 1e6, window: "hour" }),
    by("AGT-10", "set_policy", {
      policy: {
        ...loose,
        rules: [{ id: "r", effect: "allow", subject: { principals: ["governor"] }, target: {} }],
      },
    }),
    by("AGT-10", "audit_erase", { principal: "governor" }),
    by("AGT-10", "rotate_audit_key", {}),
    by("AGT-13", "approve_plan", planned),
    by("AGT-13", "apply_plan", planned),
    by("AGT-13", "approve_plan", { ...planned, digest: "A".repeat(43) }),
  ]
}

function commandLines({ command, args }: Bait): readonly Attempt[] {
  const by = (id: string, input: Values): Attempt => ({
    id,
    as: "governor",
    operation: "register_service",
    input: { name: "line", ...input },
  })
  return [
    ...hostileLines.map((line) => by("AGT-04", line)),
    ...hostileVariables.map((name) => by("AGT-05", { command, args, env: { [name]: "x" } })),
    ...oddCommands.filter(([, odd]) => !odd.includes("\0")).map(([, odd]) => by("AGT-06", { command: odd })),
  ]
}
