/**
 * What came of a change to a service: how it is now, which tools came and went, what was wrong. Told in the answer
 * itself, since many clients do not listen for changes of lists.
 */

import * as z from "zod"
import type { ServiceStatus } from "../../domain/fleet.ts"
import { getSource, getStatus } from "./find-service.ts"
import type { OperationContext } from "../operation.ts"
import { plainLine } from "../plain-text.ts"
import { sayServices, serviceRow, toServiceRow } from "./service-row.ts"
import { descriptionOf, isShortened, mayCall, toolsOf } from "./service-tools.ts"

const maxToolsShown = 100
const maxDescription = 300
const maxWarnings = 20

export const serviceOutcome = z.object({
  service: serviceRow,
  tools: z
    .array(
      z.object({
        name: z.string(),
        description: z.string().optional(),
        callable: z.boolean().describe("Whether you may call it; set_grants decides."),
      }),
    )
    .describe(`Its tools, ${maxToolsShown} at most; get_service_tools lists all.`),
  added: z.array(z.string()).describe("Tools that were not there before, by the names that clients call."),
  removed: z.array(z.string()).describe("Tools that are no longer there."),
  warnings: z.array(z.string()).describe("What went wrong or needs a look; list_issues shows all."),
})

export function toolNames(context: OperationContext, name: string): readonly string[] {
  return toolsOf(context, name).map((tool) => tool.name)
}

/** Waits until the service was heard, could not be, or has had its time. */
export async function tellOutcome(
  context: OperationContext,
  name: string,
  before: readonly string[],
): Promise<z.input<typeof serviceOutcome>> {
  await waitUntilHeard(context, name)
  const tools = toolsOf(context, name)
  const now = tools.map((tool) => tool.name)
  return {
    service: toServiceRow(getStatus(context, name), getSource(context, name).definition),
    tools: tools.slice(0, maxToolsShown).map((tool) => ({
      name: tool.name,
      description: descriptionOf(tool.item)?.slice(0, maxDescription),
      callable: mayCall(context, tool),
    })),
    added: now.filter((tool) => !before.includes(tool)),
    removed: before.filter((tool) => !now.includes(tool)),
    warnings: warningsOf(context, name),
  }
}

export function sayOutcome({ service, added, removed, warnings }: z.output<typeof serviceOutcome>): string {
  const changes = [
    added.length > 0 ? `New tools: ${listShort(added)}.` : undefined,
    removed.length > 0 ? `Gone: ${listShort(removed)}.` : undefined,
    ...warnings.map((warning) => `Warning: ${plainLine(warning, 500)}`),
  ]
  return [sayServices([service]), ...changes].filter((line) => line !== undefined).join("\n")
}

function listShort(names: readonly string[]): string {
  const rest = names.length - maxToolsShown
  return rest > 0 ? `${names.slice(0, maxToolsShown).join(", ")} and ${rest} more` : names.join(", ")
}

function warningsOf(context: OperationContext, name: string): string[] {
  const issues = context.fleet
    .issues()
    .filter(({ service }) => service === name)
    .map(({ subject, message }) => (subject === undefined ? message : `${subject}: ${message}`))
  const shortened = toolsOf(context, name)
    .filter(isShortened)
    .map((tool) => `${tool.item.name} is listed as ${tool.name}: clients take 64 letters, digits, "_" and "-".`)
  const { state } = getStatus(context, name)
  const late =
    state === "starting" ? ["It has not answered yet; ask list_services again, or diagnose_service."] : []
  return [...late, ...issues, ...shortened].slice(0, maxWarnings)
}

const maxWaitMs = 10_000

async function waitUntilHeard({ fleet, events, signal }: OperationContext, name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let settled = false
  const look = (): void => {
    const status = fleet.status().find((known) => known.name === name)
    if (!status || isHeard(status) || (settled && status.state !== "starting")) resolve()
  }
  const unsubscribe = events.subscribe(look)
  const timer = setTimeout(resolve, maxWaitMs)
  if (signal.aborted) resolve()
  signal.addEventListener("abort", () => resolve(), { once: true })
  void fleet.settled().then(() => {
    settled = true
    look()
  })
  look()
  await promise
  clearTimeout(timer)
  unsubscribe()
}

function isHeard({ state, listedAtMs, stale }: ServiceStatus): boolean {
  if (state === "up" || state === "degraded") return listedAtMs !== undefined && !stale
  return state !== "starting"
}
