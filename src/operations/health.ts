/** Whether services answer, and why one does not. */

import * as z from "zod"
import type { HealthCheck } from "../domain/fleet.ts"
import { GatewayError } from "../errors.ts"
import { getSource, serviceNameInput } from "./find-service.ts"
import { defineOperation, type OperationContext } from "./operation.ts"
import { formatTable, plainLine } from "./plain-text.ts"

export const healthcheck = defineOperation({
  name: "healthcheck",
  title: "Ask services whether they answer",
  summary:
    "Asks one service, or all that are turned on, right now whether they answer, and how long that takes, and tells how the gateway bears its load; with now: false it tells what was last known. For a service that is not healthy ask diagnose_service next.",
  group: "services",
  permission: "services:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/health-checks" },
  resource: { uri: "gateway://health", events: ["service", "load"], input: () => ({ now: false }) },
  input: z.strictObject({
    name: serviceNameInput.optional(),
    now: z.boolean().default(true).describe("false: as last known, without asking them."),
  }),
  output: z.object({
    healthy: z.boolean().describe("Whether all that were asked are."),
    checks: z.array(
      z.object({
        name: z.string(),
        healthy: z.boolean(),
        latencyMs: z.number().optional(),
        message: z.string().optional(),
      }),
    ),
    load: z
      .object({
        level: z
          .int()
          .describe("0 all is taken, 1 no new sessions and streams, 2 no new calls, 3 no connections."),
        reason: z.string().optional(),
        shed: z.record(z.string(), z.int()).describe("What was refused or cut off since the start, by its kind."),
      })
      .optional()
      .describe("Of the gateway itself."),
  }),
  run: async (context, { name, now }) => {
    const names = name === undefined ? enabledNames(context) : [getSource(context, name).definition.name]
    const checks = now
      ? await Promise.all(names.map((name) => check(context, name)))
      : lastKnown(context, new Set(names))
    const { level, reason, shed } = context.overload.report()
    return { healthy: checks.every(({ healthy }) => healthy), checks, load: { level, reason, shed: { ...shed } } }
  },
  say: ({ checks, load: { level, reason } = { level: 0 } }) => {
    const load = level === 0 ? "" : `\nThe gateway is overloaded (level ${level}): ${reason}.`
    if (checks.length === 0) return `No service is turned on.${load}`
    const rows = checks.map(({ name, healthy, latencyMs, message }) => [
      name,
      healthy ? "yes" : "no",
      latencyMs,
      message,
    ])
    return formatTable(["NAME", "HEALTHY", "MS", "MESSAGE"], rows) + load
  },
})

function enabledNames({ services }: OperationContext): readonly string[] {
  return services.list().flatMap(({ definition }) => (definition.enabled ? [definition.name] : []))
}

/** What keeps a service from being asked is an answer too. */
async function check({ fleet }: OperationContext, name: string): Promise<HealthCheck> {
  try {
    return await fleet.check(name)
  } catch (thrown) {
    return { name, healthy: false, message: GatewayError.from(thrown).message }
  }
}

function lastKnown({ fleet }: OperationContext, names: ReadonlySet<string>): HealthCheck[] {
  const asked = fleet.status().filter(({ name }) => names.has(name))
  return asked.map(({ name, state, lastError }) => {
    const healthy = state === "up"
    const message = state === "down" || state === "degraded" ? lastError?.message : undefined
    return { name, healthy, ...(!healthy && { message: message ?? `It is ${state}.` }) }
  })
}

const steps = ["definition", "dns", "tcp", "tls", "process", "auth", "handshake", "list"] as const

export const diagnoseService = defineOperation({
  name: "diagnose_service",
  title: "Find out why a service does not work",
  summary:
    "Makes a new connection to one service step by step (definition, dns, tcp, tls or process, auth, handshake, list), stops at the step that fails, and says what to do about it. Takes up to 15 s and leaves the live connections alone. Mend the definition with update_service; when all steps are fine, refresh_service takes up what it offers.",
  group: "services",
  permission: "services:operate",
  effect: "execute",
  risk: "low",
  route: { method: "POST", path: "/services/{name}/diagnose" },
  input: z.strictObject({ name: serviceNameInput }),
  output: z.object({
    name: z.string(),
    ok: z.boolean(),
    failedStep: z.enum(steps).optional(),
    advice: z.string().describe("What to do next."),
    steps: z.array(
      z.object({ step: z.enum(steps), ok: z.boolean(), message: z.string(), durationMs: z.number() }),
    ),
  }),
  run: async (context, { name }) => {
    const { enabled } = getSource(context, name).definition
    const taken = [...(await context.fleet.diagnose(name))]
    const failed = taken.find(({ ok }) => !ok)
    return { name, ok: !failed, failedStep: failed?.step, advice: adviceOn(failed?.step, enabled), steps: taken }
  },
  say: ({ name, failedStep, advice, steps }) => {
    const rows = steps.map(({ step, ok, message, durationMs }) => [
      step,
      ok ? "ok" : "failed",
      `${durationMs} ms`,
      plainLine(message, 200),
    ])
    const failed = steps.find(({ ok }) => !ok)
    const verdict = failed
      ? `${name} fails at ${failedStep}: ${plainLine(failed.message, 1_000)}`
      : `${name} can be reached.`
    return [formatTable(["STEP", "", "TOOK", "MESSAGE"], rows), verdict, advice].join("\n")
  },
})

const advices: Readonly<Record<(typeof steps)[number], string>> = {
  definition: "Correct the service's definition with update_service, or store the value that is missing.",
  dns: "Correct the host in its url with update_service, or look at this machine's name resolution.",
  tcp: "See that the service runs and listens there, and that no firewall is between; or correct the url with update_service.",
  tls: "Mend the service's certificate, or correct the url with update_service.",
  process: "Correct command, args or cwd with update_service; get_server_details has its last error output.",
  auth: "Give it a valid credential in headers with update_service, best as ${secret:NAME}.",
  handshake:
    "See that what is there speaks MCP and goes on running: for a program look at what it wrote last, for a url at the address and type; update_service changes them.",
  list: "It answers but its lists fail; look at the service's own log, then call refresh_service.",
}

function adviceOn(failed: (typeof steps)[number] | undefined, enabled: boolean): string {
  if (failed !== undefined) return advices[failed]
  return enabled
    ? "All is well; refresh_service takes up what it offers."
    : "All is well but it is turned off; toggle_service turns it on."
}
