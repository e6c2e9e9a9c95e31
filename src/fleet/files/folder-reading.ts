/**
 * One look at the whole folder: every file read anew, the last good version kept where one is broken, and which
 * service comes from which file. When to look is left to folder-watch.ts, what to do about it to servers-d.ts.
 */

import { hash } from "node:crypto"
import { readdir, realpath, stat } from "node:fs/promises"
import { isDeepStrictEqual } from "node:util"
import {
  readServiceEntries,
  type FileProblem,
  type ServicesChange,
  type ServiceSource,
} from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import { modesCount, readDefinitionFile } from "./definition-file.ts"
import { parseJsonText } from "./json-text.ts"

const maxFiles = 5_000

/** The problem of the folder itself is listed under this name. */
const folderItself = "."

type GoodFile = { readonly digest: string; readonly sources: readonly ServiceSource[] }

/** What the last look found. */
export type Reading = {
  readonly files: ReadonlyMap<string, GoodFile>
  /** By name of the service. */
  readonly services: ReadonlyMap<string, ServiceSource>
  /** By file. */
  readonly problems: ReadonlyMap<string, FileProblem>
}

export const nothingRead: Reading = { files: new Map(), services: new Map(), problems: new Map() }

export async function readFolder(folder: string, last: Reading, nowMs: number): Promise<Reading> {
  const messages = new Map<string, string>()
  try {
    const real = await openFolder(folder)
    const listed = await listFiles(real, messages)
    const files = new Map<string, GoodFile>()
    for (const file of listed) {
      const read = await readOne(real, file, last.files.get(file), messages)
      if (read) files.set(file, read)
    }
    const services = assignServices(files, last.services, messages)
    return { files, services, problems: keepSince(messages, last.problems, nowMs) }
  } catch (thrown) {
    messages.set(folderItself, GatewayError.from(thrown).message)
    return { ...last, problems: keepSince(messages, last.problems, nowMs) }
  }
}

/** What became different for those who use the services; undefined when nothing did. */
export function compareReadings(last: Reading, next: Reading): ServicesChange | undefined {
  const now = [...next.services.values()].map(({ definition }) => definition)
  const added = now.filter(({ name }) => !last.services.has(name))
  const changed = now.filter((definition) => {
    const before = last.services.get(definition.name)
    return before !== undefined && !isDeepStrictEqual(before.definition, definition)
  })
  const removed = [...last.services.keys()].filter((name) => !next.services.has(name))
  return added.length + changed.length + removed.length === 0 ? undefined : { added, changed, removed }
}

export function haveOtherProblems(last: Reading, next: Reading): boolean {
  return !isDeepStrictEqual([...last.problems.values()], [...next.problems.values()])
}

async function openFolder(folder: string): Promise<string> {
  const stats = await stat(folder).catch((cause: unknown) => {
    throw new GatewayError(
      "invalid",
      "The folder of services is gone or closed to the gateway; its services stay as they were.",
      { cause },
    )
  })
  if (modesCount && (stats.mode & 0o002) !== 0) {
    throw new GatewayError(
      "invalid",
      "Everyone on this machine may write the folder of services, and so start programs as the gateway; run chmod o-w on it.",
    )
  }
  return realpath(folder)
}

/** Hidden files, other endings and editors' left-overs are nobody's service. Sorted, so that every start reads alike. */
async function listFiles(folder: string, messages: Map<string, string>): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new GatewayError(
      "invalid",
      "The folder of services cannot be listed; give the gateway's user the right to.",
      { cause },
    )
  })
  const files = names
    .filter((name) => name.endsWith(".json") && !name.startsWith(".") && !name.startsWith("~"))
    .sort()
  if (files.length > maxFiles)
    messages.set(folderItself, `The folder holds more than ${maxFiles} services; those after it are not read.`)
  return files.slice(0, maxFiles)
}

/** The file as it is now, or its last good version beside a message of what is wrong with it. */
async function readOne(
  folder: string,
  file: string,
  last: GoodFile | undefined,
  messages: Map<string, string>,
): Promise<GoodFile | undefined> {
  try {
    const text = await readDefinitionFile(folder, file)
    if (text === undefined) return undefined
    const digest = hash("sha256", text)
    if (digest === last?.digest) return last
    const entries = readServiceEntries(file.slice(0, -".json".length), parseJsonText(text))
    return { digest, sources: entries.map((entry) => ({ ...entry, file })) }
  } catch (thrown) {
    messages.set(file, GatewayError.from(thrown).message)
    return last
  }
}

/** Of two files with one service, the one that had it keeps it; else the first by name has it. */
function assignServices(
  files: ReadonlyMap<string, GoodFile>,
  last: ReadonlyMap<string, ServiceSource>,
  messages: Map<string, string>,
): ReadonlyMap<string, ServiceSource> {
  const sources = [...files.values()].flatMap((file) => file.sources)
  const keepers = sources.filter(({ file, definition }) => last.get(definition.name)?.file === file)
  const services = new Map<string, ServiceSource>()
  for (const source of [...keepers, ...sources]) {
    const { name } = source.definition
    const owner = services.get(name)?.file ?? source.file
    if (owner === source.file) services.set(name, source)
    else if (!messages.has(source.file))
      messages.set(source.file, `A service named ${name} is already in ${owner}; rename or remove one of them.`)
  }
  return new Map([...services].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A problem that stands unchanged keeps the time when it was first seen. */
function keepSince(
  messages: ReadonlyMap<string, string>,
  last: ReadonlyMap<string, FileProblem>,
  nowMs: number,
): ReadonlyMap<string, FileProblem> {
  const problems = new Map<string, FileProblem>()
  for (const [file, message] of messages) {
    const before = last.get(file)
    problems.set(file, before?.message === message ? before : { file, message, sinceMs: nowMs })
  }
  return problems
}
