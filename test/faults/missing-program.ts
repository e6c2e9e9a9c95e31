/** Whether this machine has what a suite needs beside Node. The gate installs it, and fails when a test was skipped. */

import { spawnSync } from "node:child_process"

/** @returns why not, as the reason of a skip; false where all are there */
export function missingProgram(...names: readonly string[]): string | false {
  const missing = names.find((name) => spawnSync(name, ["--version"]).error !== undefined)
  return missing === undefined ? false : `${missing} is not installed`
}
