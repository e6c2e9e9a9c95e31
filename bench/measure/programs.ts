/** The programs that benches need beside Node, and what to install where one is missing. */

import { execFile } from "node:child_process"
import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"

const packages = { wrk: "wrk", nginx: "nginx-light", cc: "gcc libc6-dev" } as const
type Program = keyof typeof packages

/** Debian keeps nginx where only root looks. */
const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]

export async function find(program: Program): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, program)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}

/** @returns its path */
export async function needed(program: Program): Promise<string> {
  const path = await find(program)
  if (path === undefined) throw new Error(`The benches need ${program}: apt-get install ${packages[program]}`)
  return path
}

const run = promisify(execFile)

export async function compile(source: string, binary: string): Promise<void> {
  await run(await needed("cc"), ["-O2", "-o", binary, source], { timeout: 60_000 })
}
