/**
 * Writes the pages of docs/ that are made from the source: operations, errors, configuration, eras,
 * admission, risks. With `--check` it writes nothing and fails where a page is stale.
 */

import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import { settings, type NamedSetting } from "../src/config.ts"
import { errorTable, type ErrorCode } from "../src/errors.ts"
import { operations } from "../src/operations/index.ts"
import type { Operation } from "../src/operations/operation.ts"
import { apiPrefix } from "../src/surfaces/rest/operation-http.ts"
import { erasPage } from "../test/matrix/page.ts"
import { admissionPage } from "./admission-page.ts"
import { risksPage } from "./risks-page.ts"

const folder = join(import.meta.dirname, "../docs")
const made = "<!-- Made by `npm run docs`; change the source instead. -->"

const pages: Readonly<Record<string, string>> = {
  "operations.md": operationsPage(),
  "errors.md": errorsPage(),
  "configuration.md": configurationPage(),
  "eras.md": erasPage(made),
  "admission.md": admissionPage(made),
  "risks.md": risksPage(made),
}

const stale = Object.entries(pages).filter(([name, text]) => read(join(folder, name)) !== text)
if (!process.argv.includes("--check")) {
  for (const [name, text] of stale) writeFileSync(join(folder, name), text)
} else if (stale.length > 0) {
  process.stderr.write(`Stale: ${stale.map(([name]) => `docs/${name}`).join(", ")}. Run: npm run docs\n`)
  process.exitCode = 1
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}

function operationsPage(): string {
  const groups = [...new Set(operations.map(({ group }) => group))]
  const intro =
    "What can be done to the gateway. Each operation is an MCP tool, a command (`mcp-meta <name> --flag value`) and a REST route; all take the same input and give the same output."
  const chapters = groups.flatMap((group) => [
    `## ${group}`,
    ...operations.filter((operation) => operation.group === group).map(operationChapter),
  ])
  return `${["# Operations", made, intro, ...chapters].join("\n\n")}\n`
}

function operationChapter({
  name,
  title,
  summary,
  permission,
  effect,
  risk,
  route,
  input,
  output,
}: Operation): string {
  const facts = `\`${route.method} ${apiPrefix}${route.path}\` · permission \`${permission}\` · effect ${effect} · risk ${risk}`
  const members = [
    membersTable("input", z.toJSONSchema(input, { io: "input" }) as Schema),
    membersTable("output", z.toJSONSchema(output) as Schema),
  ]
  return [`### ${name}`, `**${title}.** ${summary}`, facts, ...members.filter((table) => table !== "")].join(
    "\n\n",
  )
}

type Schema = {
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly description?: string
  readonly default?: unknown
}

function membersTable(title: string, schema: Schema): string {
  const members = Object.entries(schema.properties ?? {})
  if (members.length === 0) return ""
  const required = new Set(schema.required)
  const rows = members.map(([name, member]) => {
    const standard = member.default === undefined ? "" : ` Default: \`${JSON.stringify(member.default)}\`.`
    return `| \`${name}\`${title === "output" || required.has(name) ? "" : "?"} | ${cell(typeText(member))} | ${cell((member.description ?? "") + standard)} |`
  })
  return [`| ${title} | type | |`, "|---|---|---|", ...rows].join("\n")
}

function typeText({ type, enum: choices, const: only, items, anyOf }: Schema): string {
  if (choices) return choices.map((choice) => JSON.stringify(choice)).join(" | ")
  if (only !== undefined) return JSON.stringify(only)
  if (anyOf) return [...new Set(anyOf.map(typeText))].join(" | ")
  if (type === "array") return `${items ? typeText(items) : "any"}[]`
  return [type ?? "any"].flat().join(" | ")
}

function errorsPage(): string {
  const intro =
    "Every refusal of the gateway has one of these codes: `error.data.code` on MCP, `code` in a REST problem (`application/problem+json`). Its message says what happened and what to do; " +
    "`retryAfterMs` says when the same request may succeed. `next` names the operation that would help, with its arguments: what fits the very case, or the first of the column below, if and only if the caller may perform it, " +
    "and only on the endpoint of all services, since that of one service has none. `callId` is the id under which the audit log knows the refusal (`audit_query` finds it by `call_id`; in a problem it is `instance` too): " +
    "floods of refusals of one source share an entry, and so its id, and that entry is written within two seconds. What the log could not take, what could not be read as a request at all, and refusals of who has shown no valid credential have none. Errors of a service are forwarded as they are over MCP, and have no such members."
  const rows = (Object.keys(errorTable) as ErrorCode[]).map((code) => {
    const { status, rpc, retryable, sentence, next } = errorTable[code]
    const known = next.filter((operation) => operations.some(({ name }) => name === operation))
    const helping = known.map((operation) => `\`${operation}\``).join(", ")
    return `| \`${code}\` | ${status} | ${rpc} | ${retryable ? "yes" : "no"} | ${helping} | ${cell(sentence)} |`
  })
  return `${["# Errors", made, intro, ["| code | HTTP | JSON-RPC | retryable | next | |", "|---|---|---|---|---|---|", ...rows].join("\n")].join("\n\n")}\n`
}

function configurationPage(): string {
  const intro =
    "Each setting is looked for in this order: its flag, its variable, the file, its default. The file is `mcp-meta.yaml`, `.yml` or `.json` in the working folder, or what `--config` names. " +
    "Its keys may be nested or dotted, and an unknown one is refused. Paths are relative to where they were said. `mcp-meta config` prints what its own command line, environment and file come to, and where each value comes from: a gateway that runs already may have been started with others."
  const example = "```yaml\nport: 4444\nlog:\n  level: debug\nlimits:\n  bodyBytes: 8388608\n```"
  const rows = ["| key | default | |", "|---|---|---|", ...settings.map(settingRow)].join("\n")
  const names =
    "A flag is the key in kebab case, `limits.bodyBytes` → `--limits-body-bytes`; a variable is `MCP_META_` and the key in upper snake case, `MCP_META_LIMITS_BODY_BYTES`."
  return `${["# Configuration", made, intro, example, names, rows].join("\n\n")}\n`
}

function settingRow({ key, default: standard, unit, sentence, secret }: NamedSetting): string {
  const value =
    standard === undefined || (Array.isArray(standard) && standard.length === 0)
      ? ""
      : `\`${JSON.stringify(standard).replaceAll('"', "")}\``
  const notes = [unit === undefined ? "" : ` (${unit})`, secret ? " Never read from the file." : ""].join("")
  return `| \`${key}\` | ${value} | ${cell(sentence.replace(/\.$/, "") + (notes.startsWith(" (") ? `${notes}.` : `.${notes}`))} |`
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ")
}
