/** A process that changes one principal again and again, saying each version that was kept, until it is killed. */

import { jsonPrincipals } from "../../src/stores/json/principals.ts"
import { openStateFile } from "../../src/stores/json/state-file.ts"
import { principalOf } from "../contracts/principals.ts"

const principals = jsonPrincipals(await openStateFile(process.argv[2] ?? ""))
const kept = (await principals.find("a")) ?? (await principals.insert(principalOf("a")))
for (let { version } = kept; ; version++) {
  await principals.replace(principalOf("a", { title: "x".repeat(version % 200) }), version)
  process.stdout.write(`${version + 1}\n`)
}
