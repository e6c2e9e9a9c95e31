/**
 * What a gateway does at its start with folders that are damaged in every way of damages.ts: it refuses in words that
 * name the file and say what to do, and leaves the file as it was; or it opens, and nothing that was kept is gone.
 */

import { lstat, readFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { GatewayError } from "../../../src/errors.ts"
import { rest } from "../../support/rest.ts"
import type { Figures } from "../figures.ts"
import { openIn, type Opened } from "./opened.ts"
import { useFolders, type UsedFolders } from "./used-folder.ts"

export type Damage = {
  readonly what: string
  /** In good order unless said. */
  readonly of?: "killed"
  readonly flags?: Readonly<Record<string, string>>
  /** @returns undoes what would outlive the folder */
  readonly harm: (folder: string) => Promise<unknown>
  /** What the refusal says. Without it the gateway opens. */
  readonly refused?: RegExp
  /** In the data folder: left as it was by the refusal, byte for byte and in its mode. */
  readonly file?: string
  /** What is gone where it opens: what nobody could have kept. */
  readonly loses?: "entries" | "whole pages"
}

type Counts = { refused: number; opened: number; slowestMs: number; readonly violations: string[] }

/** Refusing is no reason to take long, but a lock is waited for. */
const mostMs = 5_000

export async function damageFigures(suite: string, damages: readonly Damage[]): Promise<Figures> {
  const used = await useFolders()
  const counts: Counts = { refused: 0, opened: 0, slowestMs: 0, violations: [] }
  try {
    for (const damage of damages) await startOn(used, damage, counts)
  } finally {
    await used.remove()
  }
  const { refused, opened, slowestMs, violations } = counts
  const figures = { damages: damages.length, refused, opened, "slowest start, ms": Math.round(slowestMs) }
  return { suite, figures, violations }
}

async function startOn(used: UsedFolders, damage: Damage, counts: Counts): Promise<void> {
  const folder = await used.copy(damage.of ?? "closed")
  const entries = entriesIn(folder)
  const undo = await damage.harm(folder)
  const beganMs = performance.now()
  try {
    const before = await fingerprint(folder, damage)
    const opened = await openIn(folder, damage.flags).catch((thrown: unknown) => thrown as Error)
    const tookMs = performance.now() - beganMs
    counts.slowestMs = Math.max(counts.slowestMs, tookMs)
    const isOpen = !(opened instanceof Error)
    counts[isOpen ? "opened" : "refused"] += 1
    const found = isOpen
      ? await wrongWithOpened(opened, { folder, damage, entries })
      : [...wrongWithRefusal(opened, damage), ...(await changed(before, folder, damage))]
    if (tookMs > mostMs) found.push(`it took ${Math.round(tookMs)} ms`)
    counts.violations.push(...found.map((violation) => `${damage.what}: ${violation}`))
  } finally {
    if (typeof undo === "function") await (undo as () => Promise<unknown>)()
  }
}

function wrongWithRefusal(refusal: Error, { refused }: Damage): string[] {
  const { message } = refusal
  if (!refused) return [`refused: ${message}`]
  if (!(refusal instanceof GatewayError) || refusal.code === "internal") return [`no refusal of ours: ${message}`]
  return refused.test(message) ? [] : [`it says: ${message}`]
}

type Harmed = { readonly folder: string; readonly damage: Damage; readonly entries: number }

async function wrongWithOpened(opened: Opened, { folder, damage, entries }: Harmed): Promise<string[]> {
  const found = damage.refused ? ["it opened"] : []
  try {
    for (const [path, what] of kept) {
      const { status, body } = await rest(opened, "GET", path)
      if (status !== 200 || !JSON.stringify(body).includes(what))
        found.push(`${path} says ${JSON.stringify(body)}`)
    }
  } finally {
    await opened.close()
  }
  if (damage.loses === undefined && entriesIn(folder) < entries) found.push("entries are gone")
  if (damage.loses !== "whole pages") found.push(...brokenPages(folder))
  return found
}

/** What useFolders() made. */
const kept = [
  ["/principals", "ann"],
  ["/quotas", "1000000"],
  ["/services", "made"],
] as const

/** 0 where it cannot be read. Whoever may write would empty the WAL at its end. */
function entriesIn(folder: string): number {
  const db = new DatabaseSync(join(folder, "data/audit/log.db"), { readOnly: true })
  try {
    return Number(db.prepare("SELECT count(*) AS count FROM entries").get()?.["count"])
  } catch {
    return 0
  } finally {
    db.close()
  }
}

function brokenPages(folder: string): readonly string[] {
  const db = new DatabaseSync(join(folder, "data/audit/log.db"))
  try {
    const said = db.prepare("PRAGMA integrity_check(1)").get()?.["integrity_check"]
    return said === "ok" ? [] : [`integrity_check: ${String(said)}`]
  } finally {
    db.close()
  }
}

/** Never touched by a refusal, beside the file that is refused. */
const untouched = [
  "state.json",
  "admin.key",
  "keys/audit.key",
  "keys/audit.pub",
  "keys/audit.salt",
  "keys/seal.key",
]

function fingerprint(folder: string, { file }: Damage): Promise<readonly string[]> {
  return Promise.all([...untouched, ...(file === undefined ? [] : [file])].map((name) => looks(folder, name)))
}

async function looks(folder: string, name: string): Promise<string> {
  const path = join(folder, "data", name)
  const found = await lstat(path).catch(() => undefined)
  const content = found?.isFile() === true ? await readFile(path, "base64").catch(String) : ""
  return `${name} ${found?.ino} ${found?.mode} ${content}`
}

async function changed(before: readonly string[], folder: string, damage: Damage): Promise<readonly string[]> {
  const after = await fingerprint(folder, damage)
  const others = before.filter((look, index) => look !== after[index])
  return others.map((look) => `${look.split(" ")[0]} was changed by the refusal`)
}
