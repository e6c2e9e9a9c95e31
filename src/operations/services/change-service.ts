/** Changing a service that is there: its fields, whether it runs, what is known of it, and its end. */

import * as z from "zod"
import type { OperationNames } from "../../domain/admission/known-names.ts"
import { readServiceFile } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import { getSource, serviceNameInput } from "./find-service.ts"
import { assertMayAccount } from "./accounting-rules.ts"
import { holdDefinition } from "./held-definition.ts"
import { assertMayReach, assertMayRename } from "./machine-reach.ts"
import { defineChange } from "../changes/change-operation.ts"
import { examineService } from "../definitions/examine-service.ts"
import { defineOperation, type Draft, type Operation, type OperationContext } from "../operation.ts"
import { changeFields, mergeChange } from "./service-fields.ts"
import { sayOutcome, serviceOutcome, tellOutcome, toolNames } from "./service-outcome.ts"

/** @param operationNames which no service should speak of, or take */
export function updateService(operationNames: () => OperationNames): Operation {
  return defineChange({
    name: "update_service",
    title: "Change a service",
    summary:
      "Changes the fields given of a registered service and leaves the others; null takes a field away. Only this service is connected anew, and calls under way may end. Answers with its state and with the tools that came and went. See what it is now with get_server_details; to turn it off or on use toggle_service.",
    group: "services",
    permission: "services:write",
    effect: "update",
    risk: "high",
    route: { method: "PATCH", path: "/services/{name}" },
    input: z.strictObject({ name: serviceNameInput, ...changeFields }),
    output: serviceOutcome,
    examine: examineService(operationNames),
    draft: (context, { name, ...change }) => draftUpdate(context, name, change),
    tell: (context, { name }, { memo: toolsBefore }) => tellOutcome(context, name, toolsBefore),
    say: sayOutcome,
  })
}

async function draftUpdate(
  context: OperationContext,
  name: string,
  change: Readonly<Record<string, unknown>>,
): Promise<Draft<readonly string[]>> {
  const { raw, definition: before } = getSource(context, name)
  const changed = mergeChange(raw, change)
  const [after] = readServiceFile(name, { ...changed, name })
  if (!after) throw new GatewayError("internal", "A service's file holds no service.")
  assertMayReach(context, after, before)
  assertMayRename(context, before, after)
  assertMayAccount(context, after, before)
  const held = await holdDefinition(context, { name, raw: changed, before })
  return { changes: [{ subject: "service", name, before: raw, after: held }], memo: toolNames(context, name) }
}

export const toggleService = defineChange({
  name: "toggle_service",
  title: "Turn a service on or off",
  summary:
    "Turns a registered service on (enabled: true) or off (false) and keeps its definition. Off, its tools disappear for everyone, calls under way may end for a few seconds, and its program stops. Answers with its state and with the tools that came and went.",
  group: "services",
  permission: "services:operate",
  effect: "update",
  risk: "medium",
  route: { method: "POST", path: "/services/{name}/toggle" },
  input: z.strictObject({ name: serviceNameInput, enabled: z.boolean().describe("true turns it on, false off.") }),
  output: serviceOutcome,
  draft: async (context, { name, enabled }) => {
    const { raw, definition } = getSource(context, name)
    const memo = toolNames(context, name)
    if (definition.enabled === enabled) return { changes: [], memo }
    return { changes: [{ subject: "service", name, before: raw, after: { ...raw, enabled } }], memo }
  },
  tell: (context, { name }, { memo: toolsBefore }) => tellOutcome(context, name, toolsBefore),
  say: sayOutcome,
})

export const refreshService = defineOperation({
  name: "refresh_service",
  title: "Ask a service anew what it offers",
  summary:
    "Fetches the lists of tools, prompts and resources of one service now, connecting to it where it is not connected. Use it when tools that should be there are missing. Answers with the tools that came and went; when it fails ask diagnose_service.",
  group: "services",
  permission: "services:operate",
  effect: "execute",
  risk: "low",
  route: { method: "POST", path: "/services/{name}/refresh" },
  input: z.strictObject({ name: serviceNameInput }),
  output: serviceOutcome,
  run: async (context, { name }) => {
    if (!getSource(context, name).definition.enabled) throw turnedOff(name)
    const before = toolNames(context, name)
    await context.fleet.refresh(name)
    return tellOutcome(context, name, before)
  },
  say: sayOutcome,
})

function turnedOff(name: string): GatewayError {
  return new GatewayError("conflict", `The service ${name} is turned off; turn it on with toggle_service first.`, {
    next: { operation: "toggle_service", arguments: { name, enabled: true } },
  })
}

export const removeService = defineChange({
  name: "remove_service",
  title: "Remove a service",
  summary:
    "Removes a service for good: its file is deleted, its tools disappear for everyone, and its program stops when the calls under way have ended. To be able to come back to it use toggle_service instead. Answers with the names of the tools that are gone.",
  group: "services",
  permission: "services:write",
  effect: "delete",
  risk: "high",
  route: { method: "DELETE", path: "/services/{name}" },
  input: z.strictObject({ name: serviceNameInput }),
  output: z.object({ name: z.string(), removed: z.array(z.string()).describe("Tools that are gone.") }),
  draft: async (context, { name }) => {
    const { raw } = getSource(context, name)
    return { changes: [{ subject: "service", name, before: raw }], memo: toolNames(context, name) }
  },
  tell: async (_context, { name }, { memo: toolsBefore }) => ({ name, removed: [...toolsBefore] }),
  say: ({ name, removed }) => `The service ${name} is removed, and with it ${removed.length} tools.`,
})
