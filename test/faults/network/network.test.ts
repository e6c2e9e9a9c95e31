/** `npm run faults -- network` in brief: each kind of bad network once before a service, and once before a client. */

import { test } from "node:test"
import { report } from "../report.ts"
import { badNetwork } from "./network.ts"

const limit = { timeout: 120_000 }

test("DS-17 DS-21 whatever a network does, callers are told in time and nobody else notices", limit, async (t) => {
  await report(t, await badNetwork("brief"))
})
