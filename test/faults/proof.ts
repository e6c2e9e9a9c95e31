/** Whether a log proves itself: `mcp-meta verify` on the data folder, as an operator would run it. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { root } from "../support/process.ts"

/** @returns what it says where it finds damage */
export async function damageIn(data: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "verify", "--data", data], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  const [said, complained, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ])
  return code === 0 ? [] : [`verify exits with ${code}: ${said}${complained}`]
}
