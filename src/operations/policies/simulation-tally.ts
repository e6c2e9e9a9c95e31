/** Calls that a simulated policy decides otherwise, counted by principal and tool, with some of each named. */

import * as z from "zod"
import type { Entry } from "../../domain/audit/entry.ts"

const maxGroups = 500
const maxExamples = 20

const groupRow = z.object({
  principal: z.string(),
  tool: z.string().describe("Or prompt, or resource."),
  rule: z.string().optional().describe("Of the draft, or of another policy; absent where none allows it."),
  calls: z.int(),
  examples: z.array(z.string()).describe(`Call ids, ${maxExamples} at most; audit_query takes one.`),
})

export const flipsRow = z.object({
  calls: z.int(),
  groups: z.array(groupRow).describe(`The largest first, ${maxGroups} at most.`),
})

export type Flips = z.output<typeof flipsRow>

type Group = Flips["groups"][number]

export class Tally {
  readonly #groups = new Map<string, Group>()
  #calls = 0

  add({ principal = "", target = "", callId }: Entry, rule: string | undefined): void {
    this.#calls += 1
    const key = JSON.stringify([principal, target, rule])
    const known = this.#groups.get(key)
    if (!known && this.#groups.size >= maxGroups) return
    const group = known ?? { principal, tool: target, ...(rule !== undefined && { rule }), calls: 0, examples: [] }
    group.calls += 1
    if (callId !== undefined && group.examples.length < maxExamples) group.examples.push(callId)
    this.#groups.set(key, group)
  }

  report(): Flips {
    return { calls: this.#calls, groups: [...this.#groups.values()].sort((a, b) => b.calls - a.calls) }
  }
}
