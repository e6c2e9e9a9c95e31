/** What a verification found. Who finds it: verify.ts. */

import * as z from "zod"

const damageKinds = [
  "altered",
  "altered_index",
  "altered_copy",
  "missing",
  "misplaced",
  "broken_chain",
  "truncated",
  "rewritten",
  "forged",
  "missing_stream",
  "altered_checkpoint",
  "missing_checkpoint",
  "unknown_key",
  "unreadable",
] as const

const damageSchema = z.object({
  stream: z.string(),
  seq: z.int().nonnegative().describe("The first bad entry."),
  kind: z.enum(damageKinds),
  message: z.string(),
})

export const verdictSchema = z.object({
  ok: z.boolean(),
  entries: z.int().nonnegative(),
  streams: z.int().nonnegative(),
  checkpoints: z.int().nonnegative(),
  damage: damageSchema.optional().describe("The first damage found."),
  cannotExclude: z.array(z.string()).describe("What the log alone cannot prove, and what would."),
})

export type Damage = z.output<typeof damageSchema>
export type Verdict = z.output<typeof verdictSchema>
