import assert from "node:assert/strict"
import { createPrivateKey, randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import { readKeyHistory } from "../../../src/domain/audit/key-history.ts"
import { signerOf } from "../../../src/domain/audit/signed-note.ts"
import { closeLog } from "../../../src/stores/sqlite/log/closing-log.ts"
import type { LogPlace, OpenLog } from "../../../src/stores/sqlite/log/open-log.ts"
import { PayloadDigests } from "../../../src/stores/sqlite/log/payload-digests.ts"
import { dropOld } from "../../../src/stores/sqlite/log/retention.ts"
import { startLog } from "../../../src/stores/sqlite/log/starting.ts"
import { verifyFolder } from "../../../src/stores/sqlite/verification/verify-folder.ts"
import { dayMs, makePlaces, openWriter, placesIn, remove, type Places } from "./reader-kit.ts"

const logs = 1_000

/** Of the life of a log: what is recorded in one transaction, and what may happen to the process after it. */
const step = fc.record({
  starts: fc.nat(6),
  ends: fc.nat(6),
  checkpoint: fc.constantFrom("none", "with the entries", "later"),
  next: fc.oneof(
    { arbitrary: fc.constant("on"), weight: 5 },
    {
      arbitrary: fc.constantFrom("stop", "crash", "crash in a transaction", "crash before the file", "retain"),
      weight: 4,
    },
  ),
  torn: fc.nat(300),
})

type Step = { starts: number; ends: number; checkpoint: string; next: string; torn: number }

/** The writer's own log, without its thread, so that a process can be ended a thousand times in a minute. */
class Life {
  /** Entries dropped by retention. */
  dropped = 0
  readonly #place: LogPlace
  #log: OpenLog
  #nowMs = dayMs
  #calls = 0
  #open: string[] = []
  #starts = 0

  constructor(place: LogPlace) {
    this.#place = place
    this.#log = this.#start()
  }

  step({ starts, ends, checkpoint, next, torn }: Step): "goes on" | "over" {
    this.#nowMs += 1_000
    this.#log.transaction(() => {
      this.#record(starts, ends)
      if (checkpoint === "with the entries") this.#log.sign(this.#nowMs)
    })
    if (checkpoint === "later") this.#log.transaction(() => this.#log.sign(this.#nowMs))
    if (next !== "crash before the file") this.#log.fileCheckpoints()
    if (next === "on") return "goes on"
    if (next === "retain") return this.#retain()
    if (next === "stop") closeLog(this.#log, this.#nowMs)
    else this.#crash(next, torn)
    return "over"
  }

  startAgain(): void {
    this.#log = this.#start()
  }

  end(): void {
    this.#log.db.close()
  }

  #start(): OpenLog {
    this.#starts += 1
    this.#open = []
    const start = { type: "start", newStream: `stream-${this.#starts}`, nowMs: this.#nowMs } as const
    return startLog(this.#place, start).log
  }

  #record(starts: number, ends: number): void {
    for (let index = 0; index < starts; index += 1) {
      const callId = `call-${(this.#calls += 1)}`
      this.#open.push(callId)
      const keep = { maxBytes: 100, redact: [] }
      this.#log.append({ kind: "start", timeMs: this.#nowMs, callId }, { arguments: Buffer.from("{}"), keep })
    }
    for (const callId of this.#open.splice(0, ends)) {
      this.#log.append({ kind: "end", timeMs: this.#nowMs, callId, outcome: "ok" })
    }
  }

  #retain(): "goes on" {
    const request = { beforeMs: this.#nowMs, keepFromId: Number.MAX_SAFE_INTEGER, nowMs: this.#nowMs }
    const steps = dropOld(this.#log, request)
    let step = steps.next()
    while (!step.done) step = steps.next()
    this.dropped += step.value
    return "goes on"
  }

  #crash(where: string, torn: number): void {
    if (where === "crash in a transaction") {
      this.#log.db.exec("BEGIN IMMEDIATE")
      this.#record(3, 1)
      this.#log.sign(this.#nowMs)
    }
    this.#log.db.close()
    const file = join(this.#place.folder, "checkpoints")
    if (torn < 200) truncateSync(file, Math.max(0, statSync(file).size - torn))
  }
}

/** Keys as the writer makes them. */
async function makeKeys(): Promise<{ readonly keys: Places; readonly place: Omit<LogPlace, "folder"> }> {
  const keys = await makePlaces()
  await (await openWriter(keys)).close(dayMs)
  const [{ name }] = readKeyHistory(readFileSync(join(keys.keysFolder, "audit.pub"), "utf8"))
  const signer = signerOf(name, createPrivateKey(readFileSync(join(keys.keysFolder, "audit.key"), "utf8")))
  return { keys, place: { sync: "process", version: "1", digests: new PayloadDigests(randomBytes(32)), signer } }
}

test(`of ${logs} honest logs, ended at any point, none raises an alarm`, async () => {
  const { keys, place } = await makeKeys()
  const data = join(keys.data, "lives")
  const places = { ...placesIn(data), keysFolder: keys.keysFolder }
  const lives = fc.sample(fc.array(step, { minLength: 1, maxLength: 5 }), logs)
  let [ends, entries, dropped] = [0, 0, 0]
  for (const steps of lives) {
    mkdirSync(places.folder, { recursive: true })
    const life = new Life({ ...place, folder: places.folder })
    for (const step of steps) {
      if (life.step(step) === "goes on") continue
      ends += 1
      assert.equal((await verifyFolder(places)).damage, undefined, JSON.stringify(steps))
      life.startAgain()
    }
    const { damage, entries: there } = await verifyFolder(places)
    assert.equal(damage, undefined, JSON.stringify(steps))
    entries += there
    dropped += life.dropped
    life.end()
    rmSync(data, { recursive: true })
  }
  assert.ok(ends > logs / 2 && entries > logs && dropped > logs / 2, `${ends} ends, ${entries}, ${dropped}`)
  await remove(keys)
})

test("nothing is written to a folder by verifying it, whatever state it is in", async () => {
  const places = await makePlaces()
  const writer = await openWriter(places)
  await writer.append({ kind: "session", timeMs: dayMs })
  await writer.close(dayMs)
  const contents = (): string =>
    ["log.db", "log.db-wal", "log.db-shm", "checkpoints"]
      .map((file) => statSync(join(places.folder, file), { throwIfNoEntry: false }))
      .map((found) => (found ? `${found.size} ${found.mtimeMs}` : "-"))
      .join(", ")
  for (const wal of [undefined, Buffer.alloc(0), Buffer.alloc(4_096)]) {
    if (wal !== undefined) writeFileSync(join(places.folder, "log.db-wal"), wal)
    const before = contents()
    const { ok, entries } = await verifyFolder(places)
    assert.deepEqual([ok, entries, contents()], [true, 3, before])
  }
  await remove(places)
})
