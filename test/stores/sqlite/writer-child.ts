/** Writes calls, one after the other, and says on its output what is on record, until a failpoint ends it. */

import { once } from "node:events"
import { writeSync } from "node:fs"
import { openAuditWriter } from "../../../src/stores/sqlite/writer.ts"
import { bytes, end, start } from "./writer-kit.ts"

const [folder = "", keysFolder = "", failpoint = "", calls = "0"] = process.argv.slice(2)
const say = (line: string): number => writeSync(1, `${line}\n`)

const writer = await openAuditWriter({
  folder,
  keysFolder,
  sync: "process",
  version: "1.2.3",
  failpoint,
  now: Date.now,
  newId: () => String(process.pid),
  onTrouble: (trouble) => say(`trouble ${trouble}`),
  onCheckpoint: ({ checkpoint }) => say(`checkpoint ${checkpoint?.size}`),
})
say("ready")
const call = async (callId: string): Promise<void> => {
  await writer.append(start(callId, { timeMs: Date.now() }), { arguments: bytes("12345") })
  say(`start ${callId}`)
  await writer.append(end(callId, { timeMs: Date.now() }), { result: bytes("123") })
  say(`end ${callId}`)
}
for (let round = 0; round < Number(calls); round += 1) {
  await Promise.all([0, 1, 2, 3].map((caller) => call(`${process.pid}.${round}.${caller}`)))
}
// What is left to be met is met by the clock, or by whoever ends this process.
await once(process, "SIGTERM")
