/**
 * Folders of a gateway that has lived: a principal, a key, a quota and a service were made, calls are on record. One was
 * left in good order, the other is what a kill leaves. The suites damage copies of them.
 */

import { cp, mkdtemp, mkdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startService } from "../../journeys/scripted-service.ts"
import { rest } from "../../support/rest.ts"
import { openIn, type Opened } from "./opened.ts"

export type UsedFolders = {
  /** In good order. */
  readonly closed: string
  /** As a kill leaves it: most of its log is in the WAL. */
  readonly killed: string
  /** A new copy, which takes the place of the one before. */
  copy(of: "closed" | "killed"): Promise<string>
  remove(): Promise<void>
}

/** Enough for a log of a hundred pages. */
const calls = 150

export async function useFolders(): Promise<UsedFolders> {
  const root = await mkdtemp(join(tmpdir(), "mcp-meta-used-"))
  const [closed, killed, copy] = ["closed", "killed", "copy"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  await mkdir(join(closed, "servers.d"), { recursive: true })
  const service = await startService({ tools: [{ name: "alpha" }] })
  const opened = await openIn(closed)
  try {
    await live(opened, service.url)
    await cp(closed, killed, { recursive: true })
    // The process that had it is not there any more.
    await rm(join(killed, "data/state.lock"))
  } finally {
    await opened.close()
    await service.close()
  }
  return {
    closed,
    killed,
    copy: async (of) => {
      await rm(copy, { recursive: true, force: true })
      await cp(of === "closed" ? closed : killed, copy, { recursive: true })
      return copy
    },
    remove: () => rm(root, { recursive: true, force: true }),
  }
}

async function live(opened: Opened, url: string): Promise<void> {
  const made = [
    await rest(opened, "POST", "/principals", { name: "ann", kind: "agent", grants: {} }),
    await rest(opened, "POST", "/keys", { principal: "ann" }),
    await rest(opened, "PUT", "/quotas", quota),
    await rest(opened, "POST", "/services", { name: "made", url }),
  ]
  const refused = made.find(({ status }) => status >= 300)
  if (refused) throw new Error(`The folder could not be used: ${JSON.stringify(refused)}`)
  await Promise.all(Array.from({ length: calls }, () => rest(opened, "GET", "/services")))
}

const quota = { target: "everything", subject: "each_principal", limit: 1_000_000, window: "month" }
