/**
 * The folder of services, both ways: files dropped in become services, and services registered become files.
 *
 * Readings and writings stand in one queue, so that each sees the folder as the one before left it. How the folder is
 * read: folder-reading.ts; one file of it: definition-file.ts; when it is read: folder-watch.ts; what a change comes to in
 * them: folder-edit.ts.
 */

import { basename, join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import type { FileDifference } from "../../domain/diff/unified-diff.ts"
import {
  readServiceEntries,
  type FileProblem,
  type ServiceFiles,
  type ServicesChange,
  type ServiceSource,
} from "../../domain/services/service.ts"
import { isRecord } from "../../domain/services/service-file.ts"
import type { PreviewedChange } from "../../domain/services/service-preview.ts"
import { makeFolder } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { removeDurably, writeAtomically } from "./atomic-write.ts"
import { readDefinitionFile } from "./definition-file.ts"
import { changedFile, newFile, type EditedFolder, type FileEdit } from "./folder-edit.ts"
import { FolderWatch } from "./folder-watch.ts"
import { compareReadings, haveOtherProblems, nothingRead, readFolder, type Reading } from "./folder-reading.ts"
import { parseJsonText } from "./json-text.ts"

type WriteOptions = Parameters<ServiceFiles["write"]>[2]
type JsonObject = Readonly<Record<string, unknown>>

export type ServersFolderOptions = {
  /** Services come from the files alone: `write` and `remove` are refused. */
  readonly readonly?: boolean
  /** Told that the folder was missing. */
  readonly onMade?: () => void
}

/** Reads the folder, made with mode 0700 where it is missing, and goes on watching it. @throws GatewayError `invalid` */
export async function openServersFolder(
  folder: string,
  { readonly = false, onMade }: ServersFolderOptions = {},
): Promise<ServersFolder> {
  try {
    if (await makeFolder(folder)) onMade?.()
  } catch (cause) {
    throw new GatewayError(
      "invalid",
      `The folder of services ${folder} cannot be made (${(cause as NodeJS.ErrnoException).code ?? "unknown"}); correct --servers or make it.`,
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

  get isReadonly(): boolean {
    return this.#access === "readonly"
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

  write(name: string, raw: JsonObject, { ifNew, ifRaw }: WriteOptions): Promise<ServiceSource> {
    return this.#inTurn(async () => {
      this.#refuseReadonly()
      const entry = checkEntry(name, raw)
      await this.#read()
      const existing = this.#reading.services.get(name)
      if (existing && ifNew)
        throw new GatewayError("conflict", `A service named ${name} is already registered; use update_service.`, {
          next: { operation: "update_service", arguments: { name } },
        })
      assertSays(name, existing, ifRaw)
      const files = this.#edited()
      await this.#commit(await (existing ? changedFile(files, existing, entry) : newFile(files, name, entry)))
      await this.#read()
      const written = this.#reading.services.get(name)
      if (written) return written
      throw new GatewayError(
        "conflict",
        `Service ${name} was written and is gone again; something else changes the folder.`,
        { next: { operation: "list_issues" } },
      )
    })
  }

  remove(name: string, { ifRaw }: Pick<WriteOptions, "ifRaw"> = {}): Promise<void> {
    return this.#inTurn(async () => {
      this.#refuseReadonly()
      await this.#read()
      const existing = this.#reading.services.get(name)
      assertSays(name, existing, ifRaw)
      if (!existing)
        throw new GatewayError("not_found", `There is no service named ${name}.`, {
          next: { operation: "list_services" },
        })
      await this.#commit(await changedFile(this.#edited(), existing, undefined))
      await this.#read()
    })
  }

  preview(changes: readonly PreviewedChange[]): Promise<readonly FileDifference[]> {
    return this.#inTurn(async () => {
      await this.#read()
      const drafted = new Map<string, FileEdit>()
      const files = this.#edited(drafted)
      for (const { name, after } of changes) {
        const existing = this.#reading.services.get(name)
        const entry = after && checkEntry(name, after)
        if (!existing && !entry) continue
        const edit = existing ? changedFile(files, existing, entry) : newFile(files, name, entry ?? {})
        drafted.set((await edit).file, await edit)
      }
      return Promise.all([...drafted.values()].map((edit) => this.#compare(edit)))
    })
  }

  async #compare({ file, text }: FileEdit): Promise<FileDifference> {
    const path = `${basename(this.#folder)}/${file}`
    return { path, before: await readDefinitionFile(this.#folder, file), after: text }
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

  #edited(drafted: ReadonlyMap<string, FileEdit> = new Map()): EditedFolder {
    const folder = this.#folder
    return {
      folder,
      isBroken: (file) => this.#reading.problems.has(file),
      textOf: async (file) => {
        const edit = drafted.get(file)
        return edit ? edit.text : readDefinitionFile(folder, file)
      },
    }
  }

  async #commit({ file, text }: FileEdit): Promise<void> {
    const path = join(this.#folder, file)
    await (text === undefined ? removeDurably(path) : writeAtomically(path, text))
  }
}

/** Somebody may have written the file since it was last read. @throws GatewayError `conflict` */
function assertSays(name: string, existing: ServiceSource | undefined, raw: JsonObject | undefined): void {
  if (raw === undefined || (existing && isDeepStrictEqual({ ...existing.raw, name }, { ...raw, name }))) return
  throw new GatewayError("conflict", `The service ${name} has changed meanwhile; look at it again.`, {
    next: { operation: "get_server_details", arguments: { name } },
  })
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
