/**
 * From the command line to a running gateway or a finished command. Which commands there are: surfaces/cli.ts; what a
 * running gateway does with signals: main/serve.ts. Only here does the process end.
 */

import { readFileSync } from "node:fs"
import { loadConfig, requireSafeListening, settings } from "./config.ts"
import { hideSecretArguments } from "./main/hidden-arguments.ts"
import { runCli } from "./surfaces/cli.ts"

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}
const exit = (code: number): void => process.exit(code)

process.stdout.on("error", () => exit(0)) // whoever was reading has seen enough, as `head` does
process.stderr.on("error", () => {}) // nobody reads the log, which is no reason to end

const args = process.argv.slice(2)
hideSecretArguments(args, settings)
const code = await runCli(args, {
  version,
  settings,
  load: (flags) => loadConfig({ flags }),
  validate: (config) => requireSafeListening(config),
  serve: async (config) => (await import("./main/serve.ts")).serve(config, { version, exit }),
  verify: () => import("./gateway/verify.ts"),
  stdio: async (config) => (await import("./main/serve.ts")).serveStdio(config, { version, exit }),
})
exit(code)
