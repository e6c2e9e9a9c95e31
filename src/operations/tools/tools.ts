/** Finding the tool for a task among many, and what is wrong with those that are missing. */

import * as z from "zod"
import type { Entry } from "../../domain/catalog.ts"
import { fromRaw, readString } from "../../mcp/raw-json.ts"
import { serviceNameInput } from "../services/find-service.ts"
import { issueOutput, toIssue } from "../services/issue.ts"
import { defineOperation } from "../operation.ts"
import { pageInput, pageOf, pageOutput } from "../page.ts"
import { formatTable, messageLength, more } from "../plain-text.ts"
import { searchTools } from "./tool-search.ts"

const foundTool = z.object({
  name: z.string().describe("To call it by."),
  title: z.string().optional(),
  description: z.string().optional().describe("Written by the service, not by this gateway."),
  inputSchema: z.record(z.string(), z.unknown()).describe("JSON Schema of its arguments."),
  score: z.number().describe("For comparing these results only; more is better."),
})

export const findTools = defineOperation({
  name: "find_tools",
  title: "Find tools for a task",
  summary:
    "Searches the tools that you may call by words in their names, titles and descriptions; misspelt words and beginnings of words count too. Answers with the best ones and their input schemas, ready to be called by name. Use it when the list of tools is long or was not shown to you.",
  group: "tools",
  permission: "tools:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/tools/search" },
  input: z.strictObject({
    query: z.string().min(1).max(500).describe("What the tool should do, in a few words."),
    limit: z.int().min(1).max(50).default(10).describe("Results at most."),
  }),
  output: z.object({ tools: z.array(foundTool), searched: z.int().describe("How many tools you may call.") }),
  run: async ({ callableTools }, { query, limit }) => {
    const entries = callableTools()
    const found = await searchTools(entries, query, limit)
    return { tools: found.map(({ entry, score }) => toFound(entry, score)), searched: entries.length }
  },
  say: ({ tools, searched }) => {
    if (searched === 0) return "You may call no tools of services. Ask a principal with grants:write for a grant."
    if (tools.length === 0) return `None of your ${searched} tools fits; try other words.`
    return formatTable(
      ["NAME", "DESCRIPTION"],
      tools.map(({ name, title, description }) => [name, description ?? title]),
    )
  },
})

function toFound({ listed, item: { definition } }: Entry, score: number): z.input<typeof foundTool> {
  const schema = definition.get("inputSchema")
  return {
    name: listed.name,
    title: readString(definition.get("title")),
    description: readString(definition.get("description")),
    inputSchema: schema ? (fromRaw(schema) as Record<string, unknown>) : {},
    score: Math.round(score * 100) / 100,
  }
}

export const listIssues = defineOperation({
  name: "list_issues",
  title: "List what is wrong",
  summary:
    "Lists what needs a look: services that cannot be reached, files that cannot be read, tools held back because of a bad schema, names that collide; of the gateway itself (as gateway:) a certificate that cannot be read. Each has a message that says what is wrong. For a service that cannot be reached ask diagnose_service; mend definitions with update_service.",
  group: "tools",
  permission: "issues:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/issues" },
  resource: { uri: "gateway://issues", events: ["issues"] },
  input: z.strictObject({
    service: serviceNameInput.optional().describe("Only those of this service, or of its file."),
    ...pageInput,
  }),
  output: z.object({ issues: z.array(issueOutput), ...pageOutput }),
  run: async ({ fleet, ownIssues }, { service, ...page }) => {
    const issues = [...ownIssues(), ...fleet.issues()].filter(
      (issue) => (service ?? issue.service) === issue.service,
    )
    const keyed = issues.map((issue, index) => ({
      issue,
      key: `${issue.service} ${issue.subject ?? ""} ${String(index).padStart(6, "0")}`,
    }))
    const { items, nextCursor } = pageOf(keyed, ({ key }) => key, page)
    return { issues: items.map(({ issue }) => toIssue(issue)), nextCursor }
  },
  say: ({ issues, nextCursor }) => {
    if (issues.length === 0) return "Nothing is wrong."
    const rows = issues.map(({ service, subject, since, message }) => [service, subject, since, message])
    const header = ["SERVICE", "SUBJECT", "SINCE", "MESSAGE"]
    return formatTable(header, rows, { lastLength: messageLength }) + more(nextCursor)
  },
})
