/** Holds the state of a data folder until it is killed: `node lock-holder.ts FOLDER`. */

import { openStateFile } from "../../../src/stores/json/state-file.ts"

await openStateFile(process.argv[2] ?? "")
console.log("held")
setInterval(() => undefined, 60_000)
