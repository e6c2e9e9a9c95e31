/** Which tools there are, for whoever looks after services: callable or not, offered or held back. */

import * as z from "zod"
import { sharedName } from "../../domain/naming.ts"
import type { Held } from "../../domain/pins/pin.ts"
import { getSource, serviceNameInput } from "./find-service.ts"
import { issueOutput, toIssue } from "./issue.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { pageInput, pageOf, pageOutput } from "../page.ts"
import { formatTable, more, plainLine } from "../plain-text.ts"
import { descriptionOf, mayCall, type ServiceTool, toolsOf } from "./service-tools.ts"

const toolRow = z.object({
  name: z.string().describe("By which clients call it."),
  canonicalName: z.string().describe("By which grants speak of it."),
  service: z.string(),
  ownName: z.string().describe("By which its service knows it."),
  description: z.string().optional(),
  inputSchemaBytes: z.int().describe("Of the model's context it takes up, together with the description."),
  outputSchemaBytes: z.int(),
  callable: z.boolean().describe("Whether you may call it."),
  approval: z
    .enum(["approved", "pending", "changed"])
    .describe("What is not approved is offered to nobody; list_held_items shows why."),
})

export const getServiceTools = defineOperation({
  name: "get_service_tools",
  title: "List the tools of services",
  summary:
    "Lists the tools of one service, or of all, with the names that clients and grants use, descriptions, the size of their schemas, whether you may call them, and what is held back with the reason. To find a tool for a task use find_tools; to let somebody call one use set_grants.",
  group: "services",
  permission: "services:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/tools" },
  input: z.strictObject({ name: serviceNameInput.optional(), ...pageInput }),
  output: z.object({
    tools: z.array(toolRow),
    total: z.int().describe("On all pages together."),
    issues: z.array(issueOutput).describe("Why tools of these services are held back, on the first page only."),
    ...pageOutput,
  }),
  run: async (context, { name, ...page }) => {
    if (name !== undefined) getSource(context, name)
    const tools = [...toolsOf(context, name).map((tool) => toRow(context, tool)), ...heldTools(context, name)]
    const { items, nextCursor } = pageOf(
      tools,
      ({ canonicalName, approval }) => `${canonicalName} ${approval}`,
      page,
    )
    const issues =
      page.cursor === undefined
        ? context.fleet.issues().filter(({ service }) => (name ?? service) === service)
        : []
    return {
      tools: items,
      total: tools.length,
      issues: issues.map(toIssue),
      nextCursor,
    }
  },
  say: ({ tools, total, issues, nextCursor }) => {
    const rows = tools.map((tool) => [
      tool.name,
      tool.approval === "approved" ? (tool.callable ? "yes" : "no") : tool.approval,
      tool.inputSchemaBytes,
      tool.description,
    ])
    const held = issues.map(({ service, subject, message }) =>
      plainLine(`Issue: ${service} ${subject ?? ""}: ${message}`, 500),
    )
    return (
      [`${total} tools.`, formatTable(["NAME", "CALLABLE", "BYTES", "DESCRIPTION"], rows), ...held].join("\n") +
      more(nextCursor)
    )
  },
})

function toRow(context: OperationContext, tool: ServiceTool): z.input<typeof toolRow> {
  const { name, canonicalName, service, item } = tool
  return {
    name,
    canonicalName,
    service,
    ownName: item.name,
    description: descriptionOf(item),
    inputSchemaBytes: item.definition.get("inputSchema")?.length ?? 0,
    outputSchemaBytes: item.definition.get("outputSchema")?.length ?? 0,
    callable: mayCall(context, tool),
    approval: "approved",
  }
}

/** By the service's own names: what they will be called is said by the service's file, once they are offered. */
function heldTools(context: OperationContext, name: string | undefined): readonly z.input<typeof toolRow>[] {
  const services = name === undefined ? context.services.list().map(({ definition }) => definition.name) : [name]
  return services.flatMap((service) =>
    (context.fleet.pins(service)?.held ?? []).flatMap((held) =>
      held.kind === "tools" ? [toHeldTool(service, held)] : [],
    ),
  )
}

/** Without its description, which nobody has approved. */
function toHeldTool(service: string, { name: ownName, state }: Held): z.input<typeof toolRow> {
  const canonicalName = sharedName(service, ownName)
  const sizes = { inputSchemaBytes: 0, outputSchemaBytes: 0 }
  return { name: canonicalName, canonicalName, service, ownName, ...sizes, callable: false, approval: state }
}
