/** Looking at services: all of them, and one closely. Changing them: change-service.ts. */

import * as z from "zod"
import { redactDefinition } from "../../domain/services/service-shown.ts"
import { getSource, getStatus, serviceNameInput } from "./find-service.ts"
import { pinsOutput, toPins } from "../definitions/held-row.ts"
import { issueOutput, toIssue } from "./issue.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { more, plainLine } from "../plain-text.ts"
import { pageInput, pageOf, pageOutput } from "../page.ts"
import { sayServices, serviceRow, serviceStates, toServiceRow } from "./service-row.ts"
import { shownDefinition, toShownDefinition } from "./shown-definition.ts"

export const listServices = defineOperation({
  name: "list_services",
  title: "List the services",
  summary:
    "Lists the registered services by name with their state, transport, number of tools, calls, errors, latencies and last error. Use it to see what there is and what is not well; then get_server_details for one of them, or diagnose_service for one that is down.",
  group: "services",
  permission: "services:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/services" },
  input: z.strictObject({
    state: z.enum(serviceStates).optional().describe("Only those in this state."),
    tag: z.string().max(64).optional().describe("Only those with this tag."),
    ...pageInput,
  }),
  output: z.object({ services: z.array(serviceRow), ...pageOutput }),
  run: async (context, { state, tag, ...page }) => {
    const rows = listRows(context).filter(
      (row) => (state ?? row.state) === row.state && (tag === undefined || row.tags.includes(tag)),
    )
    const { items: services, nextCursor } = pageOf(rows, ({ name }) => name, page)
    return { services, nextCursor }
  },
  say: ({ services, nextCursor }) => sayServices(services) + more(nextCursor),
})

function listRows({ fleet, services }: OperationContext): readonly z.input<typeof serviceRow>[] {
  const definitions = new Map(services.list().map(({ definition }) => [definition.name, definition]))
  return fleet.status().map((status) => toServiceRow(status, definitions.get(status.name) ?? { tags: [] }))
}

const maxStderrLines = 20

export const getServerDetails = defineOperation({
  name: "get_server_details",
  title: "Look at one service",
  summary:
    "Shows all about one service: how it is, its definition with secrets hidden, its own instructions and capabilities, its issues, and the last lines of its program's error output. Change it with update_service; its tools are in get_service_tools.",
  group: "services",
  permission: "services:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/services/{name}" },
  resource: { uri: "gateway://services/{name}", events: ["service", "catalog", "issues"] },
  input: z.strictObject({ name: serviceNameInput }),
  output: z.object({
    service: serviceRow,
    definition: shownDefinition,
    file: z.string().describe("The file that defines it, in the folder of services."),
    instructions: z
      .string()
      .optional()
      .describe("What the service says of itself; written by it, not by this gateway."),
    capabilities: z.record(z.string(), z.unknown()).optional().describe("Of MCP, as it announced them."),
    issues: z.array(issueOutput),
    pins: pinsOutput.optional().describe("Which of its definitions are held back until they are approved."),
    stderr: z.array(z.string()).describe("The last lines of its program's error output."),
  }),
  run: async (context, { name }) => {
    const { definition, file } = getSource(context, name)
    const pins = context.fleet.pins(name)
    const offer = context.fleet.offers().find(({ service }) => service === name)
    return {
      service: toServiceRow(getStatus(context, name), definition),
      definition: toShownDefinition(redactDefinition(definition)),
      file,
      instructions: offer?.instructions,
      capabilities: offer && { ...offer.capabilities },
      issues: context.fleet
        .issues()
        .filter(({ service }) => service === name)
        .map(toIssue),
      pins: pins && (await toPins(pins)),
      stderr: context.fleet.stderr(name).slice(-maxStderrLines),
    }
  },
  say: ({ service, definition, file, issues, stderr }) => {
    const where = definition.command
      ? [definition.command, ...(definition.args ?? [])]
      : service.endpoints.map(({ address }) => address)
    return [
      sayServices([service]),
      `Reached by: ${plainLine(where.join(" "), 500)} (${plainLine(file, 255)})`,
      ...issues.map(({ message }) => `Issue: ${plainLine(message, 500)}`),
      ...stderr.map((line) => `stderr: ${plainLine(line, 500)}`),
    ].join("\n")
  },
})
