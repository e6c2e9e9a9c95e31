/** What is no UTF-8 from a service, over each transport: its caller is told, and the next call works. */

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { join } from "node:path"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn, type Running } from "../../support/process.ts"
import { rest } from "../../support/rest.ts"

const limit = { timeout: 120_000 }
const script = join(root, "test/faults/input/garbled-service.ts")

let service: Running
let gateway: TestGateway
let peer: Peer

before(async () => {
  service = await start({ args: [script], ready: /^listening / })
  const url = urlIn(service.line)
  const times = { timeoutMs: 3_000 }
  const services = {
    json: { url: `${url}/json`, ...times },
    events: { url: `${url}/events`, ...times },
    stdio: { command: process.execPath, args: [script, "--stdio"], ...times },
  }
  gateway = await startGateway({ services })
  peer = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await peer?.close()
  await gateway?.stop()
  await service?.stop()
})

for (const name of ["json", "events", "stdio"])
  test(
    `DS-11 what a service says over ${name} that is no UTF-8 is refused, and its next answer is not`,
    limit,
    async () => {
      // Of what came on a pipe nobody can tell whose answer it was: that takes until its time is up.
      for (const tool of name === "stdio" ? ["garbled"] : ["garbled", "garbled_key", "garbled_error"]) {
        const { error, text } = await peer.tool(`${name}__${tool}`)
        assert.ok(error, `an error, not ${text}`)
        assert.notEqual(error.data?.["code"], "internal", text)
        assert.doesNotMatch(text, /\ufffd/, "nothing is made up in its place")
        const { result, text: next } = await peer.tool(`${name}__fine`)
        assert.ok(result, next)
      }
    },
  )

test("what a program writes to its error output is shown as text, whatever it is", limit, async () => {
  await peer.tool("stdio__fine")
  const { status, body } = await rest(gateway, "GET", "/services/stdio")
  assert.equal(status, 200)
  const shown = JSON.stringify(body)
  assert.match(shown, /said /)
  assert.doesNotMatch(shown, /\\u001b/)
})
