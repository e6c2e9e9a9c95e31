/** Folders for tests, gone with the process of a test's file: after all hooks, so also after all that was opened in them. */

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folders: string[] = []
process.once("exit", () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

export function makeFolder(prefix = "mcp-meta-"): string {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  folders.push(folder)
  return folder
}
