/** docs/eras.md, from the very table that the tests run, so that it cannot say anything else. */
import { cellOf, clients, services, type Cell, type ClientKind, type ServiceKind } from "./cells.ts"
import { isMissing, proofOf, type Feature } from "./feature.ts"
import { features } from "./features.ts"

const cells: Readonly<Record<Cell, string>> = {
  "legacy-legacy": "legacy client, legacy service",
  "legacy-modern": "legacy client, modern service",
  "modern-legacy": "modern client, legacy service",
  "modern-modern": "modern client, modern service",
}

/** @param made the line that says where the page comes from */
export function erasPage(made: string): string {
  const parts = [
    "# Eras",
    made,
    intro,
    featureTable(),
    "## What a revision does not have",
    absences,
    missingTable(),
  ]
  return `${[...parts, "## Who meets whom", meetings, meetingTable()].join("\n\n")}\n`
}

const intro =
  "Revisions of MCP from 2024-11-05 to 2025-11-25 are the legacy era: sessions, and services that ask in the middle of a call. From 2026-07-28 on it is the modern era: every request stands alone, and " +
  "a service asks by its answer. Any client works with any service, whatever the eras of the two. Each cell is the name of the test that proves it, with real clients, real services and a real gateway between them."

const absences =
  "Some clients cannot have a feature, because their revision has no words for it. Then the service is told so at once; nothing waits for what cannot come. The test is named in the last column."

const meetings =
  "Each of these is a test of `test/matrix/matrix.test.ts`, and each feature above is a test within it. No test of a feature may take longer than ten seconds: nothing hangs."

function featureTable(): string {
  const columns = Object.keys(cells) as Cell[]
  const rows = features.map((feature) => [feature.name, ...columns.map((cell) => proofOf(feature, cell))])
  return table(["", ...columns.map((cell) => cells[cell])], rows)
}

function missingTable(): string {
  const rows = features.flatMap((feature) => {
    const { missing } = feature
    if (!missing) return []
    return [
      [feature.name, revisionsWithout(feature), `"${missing.says}" ([source](${missing.where}))`, missing.proof],
    ]
  })
  return table(["", "clients of", "in the specification's words", "instead"], rows)
}

function revisionsWithout(feature: Feature): string {
  const revisions = clients.filter((client) => isMissing(feature, client)).map(({ revision }) => revision)
  return [...new Set(revisions)].sort().join(", ")
}

function meetingTable(): string {
  const rows = clients.map((client) => [client.title, ...services.map((service) => place(client, service))])
  return table(["", ...services.map(({ title }) => title)], rows)
}

function place(client: ClientKind, service: ServiceKind): string {
  const without = features.filter((feature) => isMissing(feature, client)).map(({ name }) => name)
  const column = cells[cellOf(client, service)]
  return without.length === 0 ? column : `${column}, without ${without.join(", ")}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows]
  return lines.map((cellsOfLine) => `| ${cellsOfLine.join(" | ")} |`).join("\n")
}
