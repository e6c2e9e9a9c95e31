/**
 * The folder of services, both ways: files dropped in become services, and services registered become files.
 *
 * Readings and writings stand in one queue, so that each sees the folder as the one before left it. How the folder is
 * read: folder-reading.ts; one file of it: definition-file.ts; when it is read: folder-watch.ts.
 */

import { lstat, mkdir } from "node:fs/promises"
import { join } from "node:path"
import {
  readServiceEntries,
  type FileProblem,
  type ServiceFiles,
  type ServicesChange,
  type ServiceSource,
} from "../../domain/service.ts"
import { isRecord } from "../../domain/service-file.ts"
import { GatewayError } from "../../errors.ts"
import { removeDurably, writeAtomically } from "./atomic-write.ts"
import { maxFileBytes, readDefinitionFile } from "./definition-file.ts"
import { FolderWatch } from "./folder-watch.ts"
import { compareReadings, haveOtherProblems, nothingRead, readFolder, type Reading } from "./folder-reading.ts"
import { parseJsonText } from "./json-text.ts"

type JsonObject = Readonly<Record<string, unknown>>

export type ServersFolderOptions = {
  /** Services come from the files alone: `write` and `remove` are refused. */
  readonly readonly?: boolean
}

/** Reads the folder, made with mode 0700 where it is missing, and goes on watching it. @throws GatewayError `invalid` */
export async function openServersFolder(
  folder: string,
  { readonly = false }: ServersFolderOptions = {},
): Promise<ServersFolder> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new GatewayError(
      "invalid",
      `The folder of services ${folder} cannot be made; correct --servers or make it.`,
      { cause },
    )
  }
  const opened = new ServersFolder(folder, readonly ? "readonly" : "writable")
  await opened.rescan()
  return opened
}

export class ServersFolder implements ServiceFiles {
  readonly #folder: string
  readonly #access: "readonly" | "writable"
  readonly #watch: FolderWatch
  readonly #listeners = new Set<(change: ServicesChange) => void>()
  readonly #problemListeners = new Set<() => void>()
  #reading: Reading = nothingRead
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(folder: string, access: "readonly" | "writable") {
    this.#folder = folder
    this.#access = access
    this.#watch = new FolderWatch(folder, () => void this.rescan())
  }

  list(): readonly ServiceSource[] {
    return [...this.#reading.services.values()]
  }

  problems(): readonly FileProblem[] {
    return [...this.#reading.problems.values()]
  }

  /** Listeners hear one change per reading, synchronously, and must not throw. */
  onChange(listener: (change: ServicesChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onProblems(listener: () => void): () => void {
    this.#problemListeners.add(listener)
    return () => this.#problemListeners.delete(listener)
  }

  write(name: string, raw: JsonObject, { ifNew }: { readonly ifNew: boolean }): Promise<ServiceSource> {
    return this.#inTurn(async () => {
      this.#refuseReadonly()
      const entry = checkEntry(name, raw)
      await this.#read()
      const existing = this.#reading.services.get(name)
      if (existing && ifNew)
        throw new GatewayError("conflict", `A service named ${name} is already registered; use update_service.`)
      await (existing ? this.#replace(existing, entry) : this.#create(name, entry))
      await this.#read()
      const written = this.#reading.services.get(name)
      if (written) return written
      throw new GatewayError(
        "conflict",
        `Service ${name} was written and is gone again; something else changes the folder.`,
      )
    })
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#refuseReadonly()
      await this.#read()
      const existing = this.#reading.services.get(name)
      if (!existing) throw new GatewayError("not_found", `There is no service named ${name}.`)
      await this.#refuseLink(existing.file)
      if (existing.within) await this.#editEntry(existing, undefined)
      else await removeDurably(join(this.#folder, existing.file))
      await this.#read()
    })
  }

  /** Reads the folder now. */
  rescan(): Promise<void> {
    return this.#inTurn(() => this.#read())
  }

  /** Resolves when what was under way has ended. */
  async close(): Promise<void> {
    this.#closed = true
    this.#watch.close()
    this.#listeners.clear()
    this.#problemListeners.clear()
    await this.#queue
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #read(): Promise<void> {
    if (this.#closed) return
    const last = this.#reading
    this.#reading = await readFolder(this.#folder, last, Date.now())
    const change = compareReadings(last, this.#reading)
    try {
      if (change) for (const listener of this.#listeners) listener(change)
      if (haveOtherProblems(last, this.#reading)) for (const listener of this.#problemListeners) listener()
    } finally {
      await this.#watch.arm()
    }
  }

  #refuseReadonly(): void {
    if (this.#access === "writable") return
    throw new GatewayError(
      "conflict",
      "The services of this gateway are set by its files alone; change the files.",
    )
  }

  async #create(name: string, entry: JsonObject): Promise<void> {
    const file = `${name}.json`
    const taken = await lstat(join(this.#folder, file)).catch(() => undefined)
    if (taken)
      throw new GatewayError(
        "conflict",
        `The file ${file} is there and holds something else; correct, rename or remove it.`,
      )
    await this.#writeFile(file, entry)
  }

  async #replace(existing: ServiceSource, entry: JsonObject): Promise<void> {
    await this.#refuseLink(existing.file)
    if (existing.within) return this.#editEntry(existing, entry)
    if (this.#reading.problems.has(existing.file)) {
      throw new GatewayError(
        "conflict",
        `The file ${existing.file} cannot be read as it is now; correct it first.`,
      )
    }
    const { name } = existing.definition
    await this.#writeFile(existing.file, existing.file === `${name}.json` ? entry : { name, ...entry })
  }

  /** A link would be replaced by a file of its own, and what it leads to would stay as it was. */
  async #refuseLink(file: string): Promise<void> {
    const stats = await lstat(join(this.#folder, file)).catch(() => undefined)
    if (stats?.isSymbolicLink())
      throw new GatewayError("conflict", `The file ${file} is a link; change what it leads to.`)
  }

  /** Puts the entry in its place among the file's others, or (`undefined`) takes it out. */
  async #editEntry({ file, within, definition }: ServiceSource, entry: JsonObject | undefined): Promise<void> {
    const text = await readDefinitionFile(this.#folder, file).catch(() => undefined)
    const content = text === undefined ? undefined : tryParse(text)
    const services = within && isRecord(content) ? content[within.list] : undefined
    if (!within || !isRecord(content) || !isRecord(services)) {
      throw new GatewayError("conflict", `The file ${file} cannot be read as it is now; correct it first.`)
    }
    const { name } = definition
    const named = within.key === name ? entry : { name, ...entry }
    const entries = Object.entries(services).flatMap(([key, value]): [string, unknown][] => {
      if (key !== within.key) return [[key, value]]
      return entry === undefined ? [] : [[key, named]]
    })
    await this.#writeFile(file, { ...content, [within.list]: Object.fromEntries(entries) })
  }

  async #writeFile(file: string, content: JsonObject): Promise<void> {
    const text = `${JSON.stringify(content, undefined, 2)}\n`
    if (Buffer.byteLength(text) > maxFileBytes) {
      throw new GatewayError(
        "too_large",
        `The file of a service may have ${maxFileBytes / 1024} KiB; make it smaller.`,
      )
    }
    await writeAtomically(join(this.#folder, file), text)
  }
}

/** The entry without its name, which its place gives it. @throws GatewayError `invalid` */
function checkEntry(name: string, raw: JsonObject): JsonObject {
  const { name: given, ...entry } = asJson(raw)
  if (given !== undefined && given !== name) {
    throw new GatewayError(
      "invalid",
      `A service keeps its name; register ${name} anew under another and remove the old one.`,
    )
  }
  if ("mcpServers" in entry || "servers" in entry)
    throw new GatewayError("invalid", "Give the fields of one service.")
  readServiceEntries(name, entry)
  return entry
}

/** Held to the rules of a file before it is one. */
function asJson(raw: JsonObject): JsonObject {
  const content = parseJsonText(JSON.stringify(raw))
  return isRecord(content) ? content : {}
}

function tryParse(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch {
    return undefined
  }
}
