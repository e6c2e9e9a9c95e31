/** Whether services answer, and why one does not. */

import * as z from "zod"
import { diagnosisCauses, diagnosisSteps } from "../../domain/diagnosis.ts"
import type { HealthCheck } from "../../domain/fleet.ts"
import { GatewayError } from "../../errors.ts"
import { argumentsFor, remedyOf } from "./diagnosis-remedies.ts"
import { getSource, serviceNameInput } from "./find-service.ts"
import { assertMayReach } from "./machine-reach.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { formatTable, messageLength, plainLine } from "../plain-text.ts"

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
    return formatTable(["NAME", "HEALTHY", "MS", "MESSAGE"], rows, { lastLength: messageLength }) + load
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

export const diagnoseService = defineOperation({
  name: "diagnose_service",
  title: "Find out why a service does not work",
  summary:
    "Makes a new connection to one service step by step (definition, dns, tcp, tls or process, auth, handshake, list), stops at the step that fails, and says of what it failed and what to do about it. Takes up to 15 s and leaves the live connections alone. One that is turned off and runs on this machine it starts only for who may write such services. Mend the definition with update_service; when all steps are fine, refresh_service takes up what it offers.",
  group: "services",
  permission: "services:operate",
  effect: "execute",
  risk: "low",
  route: { method: "POST", path: "/services/{name}/diagnose" },
  input: z.strictObject({ name: serviceNameInput }),
  output: z.object({
    name: z.string(),
    ok: z.boolean(),
    failedStep: z.enum(diagnosisSteps).optional(),
    cause: z.enum(diagnosisCauses).optional().describe("Of what it failed, or what there is to mend."),
    advice: z.string().describe("What to do next."),
    next: z
      .object({ operation: z.string(), arguments: z.record(z.string(), z.unknown()) })
      .optional()
      .describe("The operation for that, where you may perform one; some need more arguments."),
    steps: z.array(
      z.object({
        step: z.enum(diagnosisSteps),
        ok: z.boolean(),
        message: z.string(),
        durationMs: z.number(),
        cause: z.enum(diagnosisCauses).optional(),
      }),
    ),
  }),
  run: async (context, { name }) => {
    const { definition } = getSource(context, name)
    const { enabled } = definition
    // What is turned on runs anyway; what is not is started for nobody who could not bring it in.
    if (!enabled) assertMayReach(context, definition)
    const taken = [...(await context.fleet.diagnose(name))]
    const failed = taken.find(({ ok }) => !ok)
    const isHeld = !failed && (context.fleet.pins(name)?.held.length ?? 0) > 0
    const cause = taken.findLast((step) => step.cause)?.cause ?? (isHeld ? "awaits_approval" : undefined)
    const { remedy: advice, next } = remedyOf(cause ?? (enabled ? "none" : "turned_off"))
    const operation = next.find((one) => context.mayPerform(one))
    return {
      name,
      ok: !failed,
      failedStep: failed?.step,
      cause,
      advice,
      ...(operation !== undefined && { next: { operation, arguments: argumentsFor(operation, name) } }),
      steps: taken,
    }
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
