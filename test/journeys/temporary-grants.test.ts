/** A grant for a time, followed from its beginning to after its end by clients of both eras, behind workers. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { createAgent } from "../support/rest.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import { openListeners } from "./listeners.ts"
import { perform } from "./operations.ts"
import { listNames, type Peer } from "./peer.ts"
import { hello } from "./services.ts"

const standing = { permissions: ["observe"], tools: { allow: ["hello__greet"] } }
/** Of services, without the gateway's own. */
const tools = async (peer: Peer): Promise<string[]> =>
  (await listNames(peer)).filter((name) => name.startsWith("hello__"))
const limit = { timeout: 120_000 }
const lastsMs = 8_000
const changes = (peer: Peer): number =>
  peer.heard.filter(({ method }) => method === "notifications/tools/list_changed").length

test(
  "AGT-09 what is granted for a time is listed, callable and told of while it lasts, and not after",
  limit,
  async (t) => {
    const gateway = await gatewayFor(t, { services: { hello }, args: ["--workers", "2"] })
    const admin = await administratorOf(t, gateway)
    const key = await createAgent(gateway, "bot", standing)
    const { legacy, modern } = await openListeners(t, gateway.url, key)
    await eventually("the tool is there", async () => (await tools(modern)).length === 1)
    const both = [legacy, modern]
    let told = both.map(changes)
    const isTold = (): boolean => both.every((peer, at) => changes(peer) > (told[at] ?? 0))

    const endsAtMs = Date.now() + lastsMs
    const temporary = [{ tools: { allow: ["hello__add"] }, expiresAt: new Date(endsAtMs).toISOString() }]
    await perform(admin, "set_grants", { name: "bot", grants: { ...standing, temporary } })
    const add = async (peer: Peer): Promise<boolean> =>
      (await peer.tool("hello__add", { a: 1, b: 2 })).error === undefined
    for (const peer of both) {
      assert.deepEqual(await tools(peer), ["hello__add", "hello__greet"])
      assert.equal(await add(peer), true)
    }
    await eventually("both are told of it", isTold)
    told = both.map(changes)

    await eventually("its time is over", () => Date.now() >= endsAtMs)
    for (const peer of both) {
      assert.equal(await add(peer), false)
      assert.deepEqual(await tools(peer), ["hello__greet"])
    }
    await eventually("both are told that it is gone", isTold)
    t.diagnostic(`told at most ${Date.now() - endsAtMs} ms after the end`)

    // It asks for it again, and has it once somebody else agrees.
    const wanted = { tools: ["hello__add"], reason: "to finish the sum", minutes: 5 }
    const { plan } = (await perform(modern, "request_access", wanted)) as { plan: { id: string; digest: string } }
    assert.equal(await add(modern), false)
    await perform(admin, "approve_plan", { id: plan.id, digest: plan.digest })
    await perform(modern, "apply_plan", { id: plan.id })
    assert.equal(await add(legacy), true)
  },
)
