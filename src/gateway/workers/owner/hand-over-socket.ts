/**
 * Where workers hand requests over: a Unix socket that only the gateway's user can open, in the data folder, or in a
 * folder of its own where the system could not take a path so long.
 */

import { once } from "node:events"
import { chmod, mkdtemp, rm } from "node:fs/promises"
import type { Server } from "node:http"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** Of `sun_path` on every system we know, with its end. */
const maxPathBytes = 103
const name = "workers.sock"

export async function chooseSocketPath(dataFolder: string): Promise<string> {
  const path = join(dataFolder, name)
  if (Buffer.byteLength(path) <= maxPathBytes) return path
  return join(await mkdtemp(join(tmpdir(), "mcp-meta-")), name)
}

/** A socket that a killed gateway has left is nobody's: the data folder is locked by who runs on it. */
export async function listenAt(path: string, http: Server): Promise<void> {
  await rm(path, { force: true })
  http.listen(path)
  await once(http, "listening")
  await chmod(path, 0o600)
}

export async function removeSocket(path: string, dataFolder: string): Promise<void> {
  await rm(dirname(path) === dataFolder ? path : dirname(path), { recursive: true, force: true })
}
