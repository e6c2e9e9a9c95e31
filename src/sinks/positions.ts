/**
 * How far each sink has come, in `audit/sinks.json`. Written at most once a second: after a crash a second's entries are
 * sent again, and none is left out.
 */

import { readFileSync } from "node:fs"
import { rename, rm } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { syncFolder, writeSynced } from "../durable-file.ts"
import { GatewayError } from "../errors.ts"
import { sinkNames, type SinkName } from "./sink.ts"

const positionSchema = z.strictObject({
  /** Of the last entry that was delivered for certain, in the log. */
  id: z.int().nonnegative(),
  /** The same as `<stream>/<seq>`, to see whether it is still the same log; empty before the first. */
  key: z.string(),
})
const fileSchema = z.strictObject({
  version: z.literal(1),
  sinks: z.partialRecord(z.enum(sinkNames), positionSchema),
})

export type Position = z.output<typeof positionSchema>
type Places = z.output<typeof fileSchema>["sinks"]

export interface Positions {
  /** Undefined for a sink that is new. */
  get(sink: SinkName): Position | undefined
  set(sink: SinkName, position: Position): void
  /** The id that a restart would find. */
  kept(sink: SinkName): number
  close(): Promise<void>
}

const betweenMs = 1_000
const mostBytes = 65_536

type OnTrouble = (sink: SinkName, message: string) => void

/** @throws GatewayError `invalid` where the file cannot be read */
export function openPositions(folder: string, onTrouble: OnTrouble): Positions {
  const path = join(folder, "sinks.json")
  return new FilePositions(path, read(path), onTrouble)
}

class FilePositions implements Positions {
  readonly #path: string
  readonly #onTrouble: OnTrouble
  readonly #places: Places
  #kept: Places
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  #failed = false

  constructor(path: string, places: Places, onTrouble: OnTrouble) {
    this.#path = path
    this.#places = places
    this.#kept = { ...places }
    this.#onTrouble = onTrouble
  }

  get(sink: SinkName): Position | undefined {
    return this.#places[sink]
  }

  kept(sink: SinkName): number {
    return this.#kept[sink]?.id ?? 0
  }

  set(sink: SinkName, position: Position): void {
    this.#places[sink] = position
    this.#timer ??= setTimeout(() => void this.#save(), betweenMs).unref()
  }

  async close(): Promise<void> {
    const isDirty = this.#timer !== undefined || this.#failed
    clearTimeout(this.#timer)
    await this.#saving
    if (isDirty) await this.#save()
    clearTimeout(this.#timer)
  }

  #save(): Promise<void> {
    this.#timer = undefined
    this.#saving = this.#saving.then(() => this.#write())
    return this.#saving
  }

  async #write(): Promise<void> {
    const places = { ...this.#places }
    try {
      await replace(this.#path, JSON.stringify({ version: 1, sinks: places }))
      this.#kept = places
      this.#failed = false
    } catch {
      if (!this.#failed) this.#complain()
      this.#failed = true
      this.#timer ??= setTimeout(() => void this.#save(), betweenMs).unref()
    }
  }

  /** Nothing is lost by it: more is sent twice after a restart. */
  #complain(): void {
    const message = `How far it has come cannot be kept in ${this.#path}; make room, or let the gateway write there.`
    for (const sink of sinkNames) if (this.#places[sink] !== undefined) this.#onTrouble(sink, message)
  }
}

async function replace(path: string, content: string): Promise<void> {
  await rm(`${path}.new`, { force: true })
  await writeSynced(`${path}.new`, content)
  await rename(`${path}.new`, path)
  await syncFolder(join(path, ".."))
}

function read(path: string): Places {
  try {
    const text = readFileSync(path, "utf8")
    if (text.length > mostBytes) throw new RangeError("too long")
    return fileSchema.parse(JSON.parse(text)).sinks
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {}
    throw new GatewayError(
      "invalid",
      `${path} does not say how far the sinks of the audit log have come. Restore it, or remove it to send the whole log again.`,
      { cause },
    )
  }
}
