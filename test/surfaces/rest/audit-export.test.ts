import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { test, type TestContext } from "node:test"
import { operations } from "../../../src/operations/index.ts"
import { recordCall, walk } from "../../operations/audit-kit.ts"
import { admins, openKit, type Kit } from "../../operations/operations-kit.ts"
import { eventually } from "../../journeys/eventually.ts"
import { root } from "../../support/process.ts"
import { keys, startRestApp, type RestApp } from "./rest-app.ts"

/** A REST door over a log of several pages, whose callers are all the administrator. */
async function openExport(t: TestContext): Promise<{ app: RestApp; walked: () => Promise<readonly string[]> }> {
  const kit: Kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const calls = Array.from({ length: 800 }, (_, at) =>
    recordCall(kit.recorder, { id: `c${at}`, tool: "geo__find" }),
  )
  await Promise.all(calls)
  // From then on the log says nothing new
  await eventually("a checkpoint of all", () => {
    const { seq, checkpoint } = kit.audit.head()
    return checkpoint?.size === seq
  })
  const app = await startRestApp({
    operations,
    perform: async ({ name }, _observer, input, signal) => ({
      output: await kit.run(admin, name, input as object, { signal }),
      text: "",
    }),
  })
  t.after(() => app.close())
  const walked = (): Promise<readonly string[]> =>
    walk(async (cursor) => {
      const { text, nextCursor } = await kit.run(admin, "audit_export", { format: "jsonl", ...cursor })
      return { items: [String(text)], nextCursor }
    })
  return { app, walked }
}

test("the pages of an export are what REST and the command line stream", async (t) => {
  const { app, walked } = await openExport(t)
  const pages = await walked()
  assert.ok(pages.length > 1, `${pages.length} page`)
  const whole = pages.join("")
  const headers = { authorization: `Bearer ${keys.observer}`, accept: "application/x-ndjson" }
  const streamed = await fetch(`${app.url}/api/v1/audit/export`, { headers })
  assert.equal(streamed.headers.get("content-type"), "application/x-ndjson")
  assert.ok((await streamed.text()) === whole, "REST streams something else")
  const cef = await fetch(`${app.url}/api/v1/audit/export?format=cef`, { headers })
  assert.equal(cef.headers.get("content-type"), "text/plain; charset=utf-8")
  assert.match(await cef.text(), /^CEF:0\|/)
  const args = [join(root, "src/main.ts"), "audit_export", "--url", app.url, "--key", keys.observer]
  const child = spawn(process.execPath, args)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  assert.deepEqual([child.exitCode, stderr], [0, ""])
  assert.ok(stdout === whole, "the command line prints something else")
})
