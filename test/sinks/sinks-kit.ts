/** A log of as many entries as a test wants, and sinks that copy it, with a folder that goes when the test ends. */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { TestContext } from "node:test"
import { bodyOf, hashOf, toText } from "../../src/domain/audit/chain.ts"
import type { Entry } from "../../src/domain/audit/entry.ts"
import type { SinkEntry } from "../../src/sinks/batch.ts"
import { openSinks, type Sinks, type SinkSettings } from "../../src/sinks/sinks.ts"

export class Entries {
  #rows: SinkEntry[] = []
  readonly #stream: string
  #count = 0

  constructor(stream = "a") {
    this.#stream = stream
  }

  add(count: number, target = "time__now"): void {
    for (let added = 0; added < count; added += 1) {
      this.#count += 1
      this.#rows.push(
        rowOf({ stream: this.#stream, seq: this.#count, target, previous: this.#rows.at(-1)?.kept.hash ?? "" }),
      )
    }
  }

  /** What retention does. */
  drop(upToId: number): void {
    this.#rows = this.#rows.filter(({ id }) => id > upToId)
  }

  after(id: number, limit: number): Promise<readonly SinkEntry[]> {
    return Promise.resolve(this.#rows.filter((row) => row.id > id).slice(0, limit))
  }

  get keys(): readonly string[] {
    return this.#rows.map(({ kept }) => `${kept.entry.stream}/${kept.entry.seq}`)
  }
}

function rowOf({
  stream,
  seq,
  target,
  previous,
}: Pick<Entry, "stream" | "seq" | "previous"> & { target: string }): SinkEntry {
  const timeMs = 1_700_000_000_000 + seq
  const entry: Entry = {
    stream,
    seq,
    previous,
    target,
    kind: "end",
    timeMs,
    outcome: "ok",
    principal: "änn",
    service: "time",
  }
  return { id: seq, kept: { entry, hash: toText(hashOf(bodyOf(entry))) } }
}

export type Trouble = { readonly sink: string; readonly message: string | undefined }

export type Kit = {
  readonly folder: string
  readonly entries: Entries
  readonly troubles: Trouble[]
  /** Of the gateway, started or started again. */
  start(sinks: SinkSettings): Sinks
}

export async function kit(t: TestContext, entries = new Entries()): Promise<Kit> {
  const folder = await mkdtemp(join(tmpdir(), "sinks-"))
  const troubles: Trouble[] = []
  const started: Sinks[] = []
  t.after(async () => {
    await Promise.all(started.map((sinks) => sinks.close()))
    await rm(folder, { recursive: true })
  })
  const start = (settings: SinkSettings): Sinks => {
    const sinks = openSinks({
      sinks: settings,
      entries,
      folder,
      version: "1.2.3",
      now: () => 1_700_000_000_000,
      random: () => 0.01,
      onTrouble: (sink, message) => troubles.push({ sink, message }),
    })
    started.push(sinks)
    return sinks
  }
  return { folder, entries, troubles, start }
}

/** Waits for what another thread of events brings about. */
export async function until(holds: () => boolean | Promise<boolean>, what = "what was waited for"): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come about`)
    await wait(5)
  }
}

/** Of lines in JSON Lines. */
export function keysOf(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => JSON.parse(line) as { readonly body?: { readonly stream: string; readonly seq: number } })
    .flatMap(({ body }) => (body ? [`${body.stream}/${body.seq}`] : []))
}

export function linesOf(text: string): readonly string[] {
  return text.split("\n").filter((line) => line !== "")
}

export function distinct(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)]
}
