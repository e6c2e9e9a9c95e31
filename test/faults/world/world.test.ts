/** `npm run faults -- world` in brief: each kind of harm once, over one transport or another. */

import { test } from "node:test"
import { report } from "../report.ts"
import { worldFaults } from "./world.ts"

test("DS-01 DS-02 DS-06 DS-12 whatever a service does, its callers are told and its neighbours do not notice", async (t) => {
  await report(t, await worldFaults("brief"))
})
