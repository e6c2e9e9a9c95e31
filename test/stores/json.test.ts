import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { jsonKeys } from "../../src/stores/json/keys.ts"
import { jsonPrincipals } from "../../src/stores/json/principals.ts"
import { openStateFile } from "../../src/stores/json/state-file.ts"
import { identityContract, principalOf } from "../contracts/principals.ts"
import { makeFolder } from "../support/folder.ts"

identityContract(async () => {
  const folder = await mkdtemp(join(tmpdir(), "state-"))
  const file = await openStateFile(folder)
  return {
    store: { principals: jsonPrincipals(file), keys: jsonKeys(file) },
    [Symbol.asyncDispose]: async () => {
      await file.close()
      await rm(folder, { recursive: true })
    },
  }
})

async function keepOne(folder: string): Promise<void> {
  const file = await openStateFile(folder)
  await jsonPrincipals(file).insert(principalOf("a"))
  await file.close()
}

test("what was kept is there when the folder is opened again, in a file for its owner alone", async () => {
  const folder = makeFolder()
  await keepOne(folder)
  const file = await openStateFile(folder)
  assert.deepEqual(await jsonPrincipals(file).find("a"), { ...principalOf("a"), version: 1 })
  await file.close()
  assert.deepEqual(await readdir(folder), ["state.json"])
  assert.equal((await stat(join(folder, "state.json"))).mode & 0o777, 0o600)
})

test("a second store on the same folder is refused until the first is closed", async () => {
  const folder = makeFolder()
  const first = await openStateFile(folder)
  await assert.rejects(openStateFile(folder), {
    code: "conflict",
    message: new RegExp(`process ${process.pid} holds it`),
  })
  await first.close()
  const second = await openStateFile(folder)
  await second.close()
})

test("another process is refused while the folder is open", async () => {
  const folder = makeFolder()
  const file = await openStateFile(folder)
  const child = spawn(process.execPath, [join(import.meta.dirname, "state-writer.ts"), folder], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  const [said] = await Promise.all([child.stderr.toArray(), once(child, "exit")])
  assert.match(Buffer.concat(said).toString(), /The data folder is in use/)
  await file.close()
})

test("a lock whose process is dead, or another with its number, is taken over", async () => {
  const folder = makeFolder()
  await writeFile(join(folder, "state.lock.removal"), "999999999 boot/1 x\n")
  for (const dead of ["999999999 boot/1 x\n", `${process.pid} another-boot/1 x\n`, "", "nonsense"]) {
    await writeFile(join(folder, "state.lock"), dead)
    const file = await openStateFile(folder)
    await file.close()
  }
  assert.deepEqual(await readdir(folder), [])
})

test("of many that find a dead lock at once exactly one gets the folder", async () => {
  const folder = makeFolder()
  for (let round = 0; round < 20; round++) {
    await writeFile(join(folder, "state.lock"), "999999999 boot/1 x\n")
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => openStateFile(folder)))
    const opened = answers.filter((answer) => answer.status === "fulfilled")
    assert.equal(opened.length, 1)
    await opened[0]?.value.close()
  }
})

test("a process that lost its lock writes no more", async () => {
  const folder = makeFolder()
  const file = await openStateFile(folder)
  await writeFile(join(folder, "state.lock"), "1 boot/1 x\n")
  await assert.rejects(jsonPrincipals(file).insert(principalOf("a")), { code: "conflict" })
  await file.close()
  assert.deepEqual(await readdir(folder), ["state.lock"], "somebody else's lock stays")
})

test("a broken file is refused with the place that is wrong, and left as it is", async () => {
  const folder = makeFolder()
  const path = join(folder, "state.json")
  const secret = "$argon2id$canary"
  const twice = {
    format: 1,
    principals: [
      { ...principalOf("a"), version: 1 },
      { ...principalOf("a"), name: "b", version: 1 },
    ],
  }
  const broken: readonly [string, RegExp][] = [
    ["", /it is empty/],
    ['{"format":1,', /it is not JSON/],
    ["null", /at the top/],
    ['{"format":2,"principals":[]}', /at format/],
    ['{"format":1,"users":[]}', /at the top/],
    [JSON.stringify({ format: 1, keys: [{ id: "a", hash: secret }] }), /at keys\.0\./],
    [JSON.stringify(twice), /at principals: two of them have the same id/],
  ]
  for (const [text, message] of broken) {
    await writeFile(path, text)
    await assert.rejects(openStateFile(folder), (error: Error) => {
      assert.match(error.message, message)
      assert.ok(!error.message.includes(secret))
      return true
    })
    assert.equal(await readFile(path, "utf8"), text)
    assert.deepEqual(await readdir(folder), ["state.json"], "the lock is given back")
  }
})

test("a write that fails changes nothing in memory, and the next one works", async () => {
  const folder = makeFolder()
  const file = await openStateFile(folder)
  const principals = jsonPrincipals(file)
  const blocked = join(folder, "state.json")
  await mkdir(blocked)
  await assert.rejects(principals.insert(principalOf("a")), { code: "internal", message: /nothing was changed/ })
  assert.equal(await principals.find("a"), undefined)
  await rmdir(blocked)
  await principals.insert(principalOf("a"))
  await file.close()
  assert.deepEqual(await readdir(folder), ["state.json"])
})

test("a closed store keeps what was asked before and refuses what comes after", async () => {
  const folder = makeFolder()
  const file = await openStateFile(folder)
  const principals = jsonPrincipals(file)
  const before = principals.insert(principalOf("a"))
  const closed = file.close()
  await assert.rejects(principals.insert(principalOf("b")), { code: "internal" })
  await Promise.all([before, closed])
  const again = await openStateFile(folder)
  assert.deepEqual(
    (await jsonPrincipals(again).list({ limit: 9 })).items.map(({ id }) => id),
    ["a"],
  )
  await again.close()
})

test("a folder that was used before is begun anew only by whoever says so in the place of its state", async () => {
  const folder = makeFolder()
  const path = join(folder, "state.json")
  await assert.rejects(openStateFile(folder, "used before"), { code: "invalid", message: /put \{"format":1\}/ })
  assert.deepEqual(await readdir(folder), [], "nothing was made")
  await writeFile(path, '{"format":1}', { mode: 0o600 })
  const file = await openStateFile(folder, "used before")
  assert.deepEqual((await jsonPrincipals(file).list({ limit: 9 })).items, [])
  await file.close()
})
