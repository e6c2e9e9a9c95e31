/** The demo runs as the README shows it. */

import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { promisify } from "node:util"
import { root } from "./support/process.ts"

test("the demo goes as the README tells it", { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "demo/run.ts")])
  const [, told] =
    /\n```text\n(1\. An agent brings in a service.*?)```\n/s.exec(readFileSync(join(root, "README.md"), "utf8")) ??
    []
  assert.equal(stdout, told)
})
