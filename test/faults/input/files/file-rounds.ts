/**
 * Bad files in a folder of services that is read as the gateway reads it: each becomes a service or a problem in words
 * that can be shown, and the good one among them stays as it was.
 */

import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { isDeepStrictEqual } from "node:util"
import { openServersFolder, type ServersFolder } from "../../../../src/fleet/files/servers-d.ts"
import type { Figures } from "../../figures.ts"
import { bentFiles, naughtyFiles } from "./file-inputs.ts"

const good = { url: "unix:///nonexistent/good.sock:/mcp", enabled: false, title: "good" }
const filesAtOnce = 1_000
const longestMessage = 2_000
/** A client's file without a service is right, and nothing comes of it. */
const namesNobody = /"mcpServers":\{\}/
/** What would move a cursor, or hide what a message says. */
const unreadable = /[\p{Cc}\p{Cf}]/u

type Folder = { readonly path: string; readonly files: ServersFolder; readonly violations: string[] }

/** @param rounds of 1,000 bent files; the strings come on top */
export async function fileRounds(rounds: number, seed: number, share: number): Promise<Figures> {
  return inFolder("input-files", async (folder) => {
    const all = [...bentFiles(seed, rounds * filesAtOnce), ...naughtyFiles(share)]
    for (let at = 0; at < all.length; at += filesAtOnce)
      await dropAll(folder, all.slice(at, at + filesAtOnce), seed)
    return { files: all.length, seed }
  })
}

async function dropAll(
  { path, files, violations }: Folder,
  contents: readonly Buffer[],
  seed: number,
): Promise<void> {
  const before = goodOf(files)
  for (const [at, content] of contents.entries())
    await writeFile(join(path, `f${at}.json`), content, { mode: 0o600 })
  await files.rescan()
  const served = new Set(files.list().map(({ file }) => file))
  const problems = new Map(files.problems().map(({ file, message }) => [file, message]))
  for (const [at, content] of contents.entries()) {
    const message = problems.get(`f${at}.json`)
    const isTaken = served.has(`f${at}.json`) || namesNobody.test(content.toString("latin1"))
    const wrong = message === undefined ? !isTaken && "nothing came of it" : wrongWith(message)
    if (wrong)
      violations.push(`${wrong} (seed ${seed}): ${JSON.stringify(content.toString("latin1").slice(0, 600))}`)
  }
  if (!isDeepStrictEqual(goodOf(files), before)) violations.push("the good service was changed")
  for (const at of contents.keys()) await rm(join(path, `f${at}.json`))
  await files.rescan()
}

function wrongWith(message: string): string | false {
  if (message.length > longestMessage) return `a problem of ${message.length} characters`
  if (message.includes("The gateway failed")) return "a fault of the gateway"
  return unreadable.test(message) && `a problem that cannot be shown: ${JSON.stringify(message.slice(0, 300))}`
}

/** CFG-02: a writer that empties the file and fills it in ten steps, while the folder is watched. */
export async function halfWritten(rounds: number): Promise<Figures> {
  return inFolder("input-slow-writers", async ({ path, files, violations }) => {
    const versions = [1, 2].map((version) => ({ ...good, title: `version ${version}`, tags: ["a".repeat(40)] }))
    const seen = new Set<unknown>()
    files.onChange(({ added, changed }) => [...added, ...changed].forEach(({ title }) => seen.add(title)))
    files.onProblems(() => files.problems().forEach(({ message }) => seen.add(message)))
    for (let round = 0; round < rounds; round++)
      await writeSlowly(join(path, "slow.json"), JSON.stringify(versions[round % 2]))
    await files.rescan()
    for (const title of seen)
      if (!versions.some((version) => version.title === title) && !/JSON/.test(String(title)))
        violations.push(`half a service was seen: ${String(title)}`)
    if (files.problems().length > 0) violations.push("a whole file is still a problem")
    return { rounds }
  })
}

async function writeSlowly(path: string, text: string): Promise<void> {
  const handle = await open(path, "w", 0o600)
  const step = Math.ceil(text.length / 10)
  for (let at = 0; at < text.length; at += step) {
    await handle.write(text.slice(at, at + step))
    await sleep(5)
  }
  await handle.close()
}

function goodOf(files: ServersFolder): unknown {
  return files.list().find(({ file }) => file === "good.json")?.definition
}

async function inFolder(suite: string, run: (folder: Folder) => Promise<Figures["figures"]>): Promise<Figures> {
  const root = await mkdtemp(join(tmpdir(), "mcp-meta-files-"))
  const path = join(root, "servers.d")
  await mkdir(path, { mode: 0o700 })
  await writeFile(join(path, "good.json"), JSON.stringify(good), { mode: 0o600 })
  const files = await openServersFolder(path)
  const violations: string[] = []
  try {
    const figures = await run({ path, files, violations })
    return { suite, figures, violations }
  } finally {
    files.close()
    await rm(root, { recursive: true, force: true })
  }
}
