/**
 * Approvals as one file for each service, mode 0600, there whole or not at all. A file that is not as it was written is
 * refused: what it said counts for nothing, and nothing is begun anew in its place.
 */

import { rm } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { syncFolder } from "../../durable-file.ts"
import { digestOfText, pinKinds, type Approved, type PinRecord, type PinStore } from "../../domain/pins/pin.ts"
import { readSecretFile, replaceSecretFile, unusableFile } from "../../secret-file.ts"

/** Of one file. */
const maxBytes = 64 * 1_024 * 1_024
/** Of all texts in one file; longer ones are not kept, and their digests are enough to know them again. */
const maxTextLength = 16 * 1_024 * 1_024

const digest = z.string().regex(/^[0-9a-f]{64}$/)
const kind = z.enum(pinKinds)
const count = z.int().nonnegative()

const recordSchema = z.strictObject({
  format: z.literal(1),
  service: z.string(),
  approved: z.array(
    z.strictObject({
      kind,
      name: z.string(),
      digest,
      bare: digest.optional(),
      text: z.string().optional(),
    }),
  ),
  met: z.array(kind),
  events: z.array(
    z.strictObject({
      atMs: count,
      what: z.enum(["held", "returned", "approved"]),
      digest: z.string(),
      count,
      names: z.array(z.string()),
    }),
  ),
})

export class JsonPins implements PinStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async load(service: string): Promise<PinRecord | undefined> {
    const name = nameOf(service)
    const bytes = await readSecretFile(join(this.#folder, `${service}.json`), name, maxBytes)
    return bytes && readRecord(service, bytes)
  }

  async save(record: PinRecord): Promise<void> {
    const text = JSON.stringify({ format: 1, ...withinRoom(record) })
    if (Buffer.byteLength(text) > maxBytes)
      throw unusableFile(nameOf(record.service), `what was approved is longer than ${maxBytes} bytes`)
    await replaceSecretFile(join(this.#folder, `${record.service}.json`), text)
  }

  async remove(service: string): Promise<void> {
    await rm(join(this.#folder, `${service}.json`), { force: true })
    await syncFolder(this.#folder).catch(() => {}) // there may be no folder yet
  }
}

function nameOf(service: string): string {
  return `pins/${service}.json`
}

/** @throws GatewayError `invalid` */
function readRecord(service: string, bytes: Buffer): PinRecord {
  const read = recordSchema.safeParse(parse(bytes))
  if (!read.success) throw unusableFile(nameOf(service), "it is damaged; approve_tools makes it anew")
  const { format: _, ...record } = read.data
  if (record.service !== service) throw unusableFile(nameOf(service), "it is another service's")
  if (record.approved.some((one) => !isWhole(one)))
    throw unusableFile(nameOf(service), "a text in it is not what was approved; approve_tools makes it anew")
  return record
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

function isWhole({ digest, text }: Approved): boolean {
  return text === undefined || digestOfText(text) === digest
}

function withinRoom(record: PinRecord): PinRecord {
  const length = record.approved.reduce((sum, { text = "" }) => sum + text.length, 0)
  if (length <= maxTextLength) return record
  return { ...record, approved: record.approved.map((one) => ({ ...one, text: undefined })) }
}
