/**
 * Opens the history of the configuration, settles what a crash has left open in it, and goes on looking at the files of
 * services: what somebody changes in them by hand is a revision too.
 */

import { join } from "node:path"
import type { Config } from "../config.ts"
import { handEditFinder, type FindHandEdits } from "../domain/changes/hand-edits.ts"
import type { History } from "../domain/changes/history.ts"
import type { ServiceFiles } from "../domain/services/service.ts"
import { createSteadyClock } from "../domain/steady-clock.ts"
import type { Log } from "../log.ts"
import { inEffect, isTraceless } from "../operations/changes/in-effect.ts"
import { openHistory as openJsonlHistory } from "../stores/history/open-history.ts"
import type { Closers } from "./closers.ts"
import type { Stores } from "./stores.ts"

export type HistoryOptions = {
  readonly config: Pick<Config, "data" | "history">
  readonly log: Pick<Log, "warn" | "error">
  readonly stores: Pick<Stores, "sealer" | "principals" | "keys" | "quotas" | "policies">
  readonly files: ServiceFiles
}

const dayMs = 24 * 3_600_000

/** @throws GatewayError `conflict` where its files are damaged */
export async function openHistory(options: HistoryOptions, closers: Closers): Promise<History> {
  const { config, log, stores, files } = options
  const { keep: revisions, keepDays, bytes: maxBytes } = config.history
  const history = await openJsonlHistory({
    folder: join(config.data, "history"),
    sealer: stores.sealer,
    keep: { revisions, maxAgeMs: keepDays * dayMs, maxBytes },
    services: () => new Map(files.list().map(({ definition, raw }) => [definition.name, raw])),
    now: Date.now,
    steady: createSteadyClock({ now: Date.now, elapsed: () => performance.now() }, dayMs),
    onTorn: (bytes) => log.warn({ bytes }, "Cut off a line of the history that was being written at a crash."),
  })
  closers.add(() => history.close())
  const open = history.unsettled()
  if (open && !open.changes.some(isTraceless))
    await history.settle(await inEffect({ ...stores, services: files }, open.changes))
  const find = handEditFinder()
  await recordEdits(options, { history, find, kind: "start" })
  closers.add(files.onChange(() => void recordEdits(options, { history, find, kind: "file" })))
  return history
}

/** The trouble of the folder itself is told as that of a file of this name. */
const folderItself = "."

function isReadable(files: ServiceFiles): boolean {
  return files.problems().every(({ file }) => file !== folderItself)
}

type Looking = {
  readonly history: History
  readonly find: FindHandEdits
  readonly kind: "file" | "start"
}

/** Finds what is otherwise than history says, unless the folder cannot be read: then nobody knows. */
async function recordEdits({ log, files }: HistoryOptions, { history, find, kind }: Looking): Promise<void> {
  try {
    let number: number | undefined
    do {
      number = await history.record(() => {
        const changes = isReadable(files) ? find(history.services(), files.list()) : []
        return changes.length === 0 ? undefined : { atMs: Date.now(), who: { kind }, changes }
      })
    } while (number !== undefined)
  } catch (err) {
    log.error({ err }, "A change of the files of services could not be put into the history; it is tried again.")
  }
}
