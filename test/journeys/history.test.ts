/** The history of a real gateway: killed in the middle of a change, edited while it was down, damaged. */

import assert from "node:assert/strict"
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { makeFolder } from "../support/folder.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { rest } from "../support/rest.ts"

type Door = { readonly origin: string; readonly key: string; readonly process: Running }

type Row = {
  readonly number: number
  readonly who: string
  readonly outcome: string
  readonly changes: readonly { readonly name: string; readonly diff: readonly string[] }[]
}

async function open(t: TestContext, folder: string, failpoint = ""): Promise<Door> {
  const folders = ["--data", join(folder, "data"), "--servers", join(folder, "servers.d")]
  const running = await start({
    args: [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", ...folders],
    env: { MCP_META_TESTS_FAILPOINT: failpoint },
    cwd: folder,
    ready: /^mcp-meta listening on /,
  })
  t.after(() => running.stop("SIGKILL"))
  const key = readFileSync(join(folder, "data", "admin.key"), "utf8").trim()
  return { origin: new URL(urlIn(running.line)).origin, key, process: running }
}

/** Of a gateway that dies of it. */
async function diesOf(door: Door, method: string, path: string, body: object): Promise<void> {
  await assert.rejects(rest(door, method, path, body))
  await door.process.stop("SIGKILL")
}

async function rows(door: Door): Promise<readonly Row[]> {
  const { body } = await rest(door, "GET", "/history")
  return (body as { revisions: readonly Row[] }).revisions
}

const newest = async (door: Door): Promise<unknown> => {
  const [row] = await rows(door)
  return [row?.number, row?.who, row?.outcome, row?.changes.map(({ name, diff }) => [name, diff.at(-1)])]
}

test("STO-07 a change that a kill interrupts is found to have been made or not, and edits made while it was down are told", async (t) => {
  const folder = makeFolder()
  const web = { name: "web", url: "http://127.0.0.1:1/mcp", enabled: false, headers: { "X-Key": "canary-header" } }
  const [file, record] = [join(folder, "servers.d/web.json"), join(folder, "data/history/000000000001.jsonl")]
  const read = (): { readonly title?: string } =>
    JSON.parse(readFileSync(file, "utf8")) as { readonly title?: string }

  const first = await open(t, folder, "history.begun@2=kill")
  assert.equal((await rest(first, "POST", "/services", web)).status, 201)
  await diesOf(first, "PATCH", "/services/web", { title: "Never" })
  assert.equal(read().title, undefined, "what was not applied is not there")

  const second = await open(t, folder, "history.applied@1=kill")
  assert.deepEqual(await newest(second), [2, "admin", "failed", [["web", '+ title: "Never"']]])
  await diesOf(second, "PATCH", "/services/web", { title: "Made" })
  assert.equal(read().title, "Made", "what was applied is there")

  appendFileSync(record, '{"kind":"outcome","numb')
  writeFileSync(join(folder, "servers.d/by-hand.json"), JSON.stringify({ ...web, name: "by-hand" }), {
    mode: 0o600,
  })
  const third = await open(t, folder)
  assert.match(third.process.stderr(), /Cut off a line of the history/)
  const [found, made] = await rows(third)
  assert.deepEqual([made?.number, made?.who, made?.outcome], [3, "admin", "applied"])
  assert.deepEqual([found?.number, found?.who, found?.changes.map(({ name }) => name)], [4, "start", ["by-hand"]])
  assert.equal((await rest(third, "POST", "/history/rollback", { undo: 3 })).status, 200)
  assert.equal(read().title, undefined)
  assert.equal((await rest(third, "POST", "/history/rollback", { undo: 4 })).status, 200)
  assert.deepEqual(readdirSync(join(folder, "servers.d")), ["web.json"])
  assert.equal(await third.process.stop(), 0)
  assert.doesNotMatch(readFileSync(record, "utf8"), /canary/)

  const text = readFileSync(record, "utf8")
  writeFileSync(record, text.replace('"operation":"update_service"', '"operation":"remove_service"'))
  await assert.rejects(open(t, folder), (thrown: Error) => {
    assert.match(thrown.message, /history\/000000000001\.jsonl in the data folder cannot be used: at line \d+/)
    return true
  })
})
