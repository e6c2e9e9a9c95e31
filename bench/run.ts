/**
 * `npm run bench [-- NAME] [--json]`: each bench stands beside its yardstick in one run; read the ratios, not the
 * figures.
 */

import { benchAudit } from "./audit.ts"
import { benchCall } from "./call.ts"
import { rounds } from "./subject.ts"

const benches = { call: benchCall, audit: benchAudit } as const

const [name = "call", ...flags] = process.argv.slice(2)
if (!Object.hasOwn(benches, name))
  throw new Error(`There is no bench ${name}; the benches are: ${Object.keys(benches).join(", ")}`)
const table = await benches[name as keyof typeof benches]()
if (flags.includes("--json")) console.log(JSON.stringify({ bench: name, rounds, table }, undefined, 2))
else console.table(table)
