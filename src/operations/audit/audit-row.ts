/** An entry of the audit log as operations show it. What its members mean: domain/audit/entry.ts. */

import * as z from "zod"
import { toUsd } from "../../domain/cost.ts"
import { entryKinds, outcomes, targetKinds, type KeptEntry } from "../../domain/audit/entry.ts"
import { isoTime } from "../plain-text.ts"

export const entryRow = z.object({
  time: z.string().describe("ISO 8601, UTC."),
  stream: z.string().describe("One per start of the gateway."),
  seq: z.int().describe("Its place in the stream, from 1."),
  hash: z.string().describe("SHA-256 that chains it to the next, base64url."),
  kind: z.enum(entryKinds),
  callId: z.string().optional().describe("The same in the start and the end of one call."),
  principal: z.string().optional(),
  principalId: z.string().optional(),
  key: z.string().optional().describe("The id of the key."),
  team: z.string().optional(),
  client: z.string().optional().describe("As the client names itself."),
  source: z.string().optional().describe("The address of who had no credential."),
  method: z.string().optional(),
  service: z.string().optional(),
  target: z.string().optional(),
  targetKind: z.enum(targetKinds).optional(),
  tags: z.array(z.string()).readonly().optional(),
  rule: z.string().optional().describe("What decided."),
  outcome: z.enum(outcomes).optional(),
  durationMs: z.number().optional(),
  computeMs: z.number().optional().describe("The service's part of it."),
  costUsd: z.number().optional(),
  argumentsBytes: z.int().optional(),
  argumentsDigest: z
    .string()
    .optional()
    .describe("Equal arguments have equal digests; no more can be read from it."),
  resultBytes: z.int().optional(),
  resultDigest: z.string().optional(),
  traceId: z.string().optional(),
  count: z.number().optional().describe("How many it stands for."),
  detail: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .readonly()
    .optional(),
  copy: z.string().optional().describe("JSON text of arguments and result, redacted, where a copy is kept."),
})

export function toEntryRow({ entry, hash, copy }: KeptEntry): z.input<typeof entryRow> {
  const { timeMs, keyId, costMicroUsd, arguments: given, result, previous: _, copy: __, ...same } = entry
  return {
    ...same,
    time: isoTime(timeMs),
    hash,
    key: keyId,
    costUsd: costMicroUsd === undefined ? undefined : toUsd(costMicroUsd),
    argumentsBytes: given?.bytes,
    argumentsDigest: given?.digest,
    resultBytes: result?.bytes,
    resultDigest: result?.digest,
    copy,
  }
}
