import assert from "node:assert/strict"
import { statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { makeKit, start, startMs, until } from "./writer-kit.ts"

const largeBytes = 16 * 1024 * 1024

test("a WAL that a long reading has made large is small again after it", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const walBytes = (): number => statSync(join(kit.folder, "log.db-wal")).size
  {
    using reader = new DatabaseSync(join(kit.folder, "log.db"), { readOnly: true })
    reader.exec("BEGIN; SELECT count(*) FROM entries")
    for (let round = 0; walBytes() <= largeBytes; round += 1) {
      const drafts = Array.from({ length: 500 }, (_, index) =>
        start(`c${round}-${index}`, { target: "x".repeat(8_000) }),
      )
      await Promise.all(drafts.map((draft) => writer.append(draft)))
    }
  }
  await writer.append(start("after"))
  await until("it is small", () => walBytes() < largeBytes)
  assert.equal(writer.trouble, undefined)
  await writer.close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("whatever stands in the detail of an entry can be read back", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const detail = JSON.parse('{"__proto__":"x","constructor":"y","a":1}') as Record<string, string>
  await writer.append({ kind: "service", timeMs: startMs, detail })
  await writer.close(startMs)
  assert.deepEqual(kit.entries()[1]?.detail, { constructor: "y", a: 1 })
  const verdict = await kit.verify()
  assert.ok(verdict.ok, JSON.stringify(verdict.damage))
})
