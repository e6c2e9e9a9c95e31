/** The gateway over a log that forgets what it is told, to see what remembering costs. Takes its folder. */

import { join } from "node:path"
import { loadConfig } from "../../src/config.ts"
import { openGateway } from "../../src/gateway.ts"
import { createLog } from "../../src/log.ts"

const folder = process.argv[2] ?? ""
const flags = { port: "0", data: join(folder, "data"), servers: join(folder, "servers.d") }
const { config } = await loadConfig({ flags, cwd: folder })
const gateway = await openGateway({
  config,
  log: createLog(config.log),
  version: "0.0.0",
  recorder: { append: async () => {}, note: () => {}, trouble: undefined },
})
const { url } = await gateway.listen()
console.log(`listening ${url}`)
process.once("SIGTERM", () => void gateway.close().then(() => process.exit(0)))
