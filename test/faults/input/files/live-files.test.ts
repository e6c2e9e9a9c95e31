/** CFG-14: hundreds of bad files dropped at once into the folder of a gateway that goes on serving. */

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { eventually } from "../../../journeys/eventually.ts"
import { rest } from "../../../support/rest.ts"
import { openGround, type Ground } from "../ground.ts"
import { RawPipe } from "../raw-pipe.ts"
import { validCalls } from "../valid-calls.ts"
import { bentFiles, naughtyFiles } from "./file-inputs.ts"

const limit = { timeout: 120_000 }
const unreachable = { url: "unix:///nonexistent/input.sock:/mcp", enabled: false }

/** Whether the gateway knows the service that was dropped after all others. */
async function isKnown({ gateway }: Ground, name: string): Promise<boolean> {
  return (await rest(gateway, "GET", `/services/${name}`)).status === 200
}

test(
  "CFG-14 whatever is dropped into the folder at once, calls go on and the good files are served",
  limit,
  async () => {
    const ground = await openGround()
    try {
      const pipe = new RawPipe(ground.port)
      const call = await validCalls(ground, pipe)
      const folder = join(ground.gateway.folder, "servers.d")
      const files = [...bentFiles(14, 300), ...naughtyFiles(29)]
      await ground.facts()
      for (const [at, content] of files.entries())
        await writeFile(join(folder, `bad-${at}.json`), content, { mode: 0o600 })
      await ground.gateway.drop("zz-last", unreachable)
      await eventually("the last file is read", async () => {
        assert.equal(await call(pipe), undefined)
        return isKnown(ground, "zz-last")
      })
      const { status } = await rest(ground.gateway, "GET", "/issues?limit=1000")
      assert.equal(status, 200)
      for (const file of await readdir(folder)) if (file.startsWith("bad-")) await rm(join(folder, file))
      await ground.gateway.drop("zz-after", unreachable)
      await eventually("the folder is read again", async () => isKnown(ground, "zz-after"))
      assert.equal(await call(pipe), undefined)
      const { altered, stallMs } = await ground.facts()
      assert.deepEqual(altered, [])
      assert.ok(stallMs < 200, `the event loop stood still for ${stallMs} ms`)
      assert.equal(existsSync("/tmp/blns.fail"), false, "no file has had its say in a shell")
      pipe.reset()
    } finally {
      await ground.close()
    }
  },
)
