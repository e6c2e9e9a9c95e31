/** Keeps a disk full with one file, and removes it on SIGTERM: `node filler.ts FILE`. */

import { openSync, rmSync, writeSync } from "node:fs"

const [path = ""] = process.argv.slice(2)
const file = openSync(path, "a", 0o600)
const blocks = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 12), Buffer.alloc(1)]
let wasFull = false

process.once("SIGTERM", () => {
  rmSync(path)
  process.exit(0)
})
setInterval(fill, 1)

function fill(): void {
  for (const block of blocks) while (fits(block)) continue
  if (!wasFull) console.log("full")
  wasFull = true
}

function fits(block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length
  } catch {
    return false
  }
}
