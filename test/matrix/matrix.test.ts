/**
 * Every client with every service, one test each; every feature in it is a test of its own. What cannot be, by the
 * specification, is shown to be refused at once; nothing may hang. docs/eras.md is this table in words.
 */
import { after, before, test } from "node:test"
import { Gathering } from "./bench.ts"
import { cellOf, clients, services, testOf } from "./cells.ts"
import { openClient } from "./clients/open-client.ts"
import type { Door } from "./driver.ts"
import { isMissing, proofOf } from "./feature.ts"
import { features } from "./features.ts"

const cellMs = 10_000
const limit = { timeout: 120_000 }

let gathering: Gathering
const doors = new Map<string, Door>()

before(async () => {
  gathering = await Gathering.open()
  for (const client of clients) doors.set(client.title, await gathering.doorFor(client))
}, limit)

after(() => gathering?.close(), limit)

for (const client of clients) {
  for (const service of services) {
    test(testOf(client, service), limit, async (t) => {
      const door = doors.get(client.title)
      if (!door) throw new Error("the client has no key")
      const driver = await openClient(client, door)
      t.after(() => driver.close())
      for (const feature of features) {
        const { missing } = feature
        const { prove, proof } = missing && isMissing(feature, client) ? missing : feature
        const name = typeof proof === "string" ? proof : proofOf(feature, cellOf(client, service))
        await t.test(name, { timeout: cellMs }, () => prove({ driver, client, service }))
      }
    })
  }
}
