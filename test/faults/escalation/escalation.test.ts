/** The first part of `npm run faults -- escalation`: all of it over MCP and REST, some of it by the command line. */

import { test } from "node:test"
import { report } from "../report.ts"
import { escalation } from "./escalation.ts"

test(
  "AGT-01 AGT-02 AGT-03 AGT-04 AGT-05 AGT-06 AGT-07 AGT-08 AGT-09 AGT-10 AGT-13 no agent becomes more than it is, at any door",
  { timeout: 600_000 },
  async (t) => report(t, await escalation({ cliShare: 0.1 })),
)
