/**
 * Which file a change of one service comes to, and what stands in it then: the service's own, or the one that it shares
 * with others. Nothing is written here: servers-d.ts does that, or shows it to whoever may not.
 */

import { lstat } from "node:fs/promises"
import { join } from "node:path"
import type { ServiceSource } from "../../domain/services/service.ts"
import { isRecord } from "../../domain/services/service-file.ts"
import { GatewayError } from "../../errors.ts"
import { maxFileBytes } from "./definition-file.ts"
import { parseJsonText } from "./json-text.ts"

type JsonObject = Readonly<Record<string, unknown>>

/** Without text where the file goes. */
export type FileEdit = { readonly file: string; readonly text: string | undefined }

export type EditedFolder = {
  readonly folder: string
  /** Whether a file cannot be read as it is now. */
  readonly isBroken: (file: string) => boolean
  readonly textOf: (file: string) => Promise<string | undefined>
}

/** @throws GatewayError `conflict`, `too_large` */
export async function newFile(files: EditedFolder, name: string, entry: JsonObject): Promise<FileEdit> {
  const file = `${name}.json`
  const taken = await lstat(join(files.folder, file)).catch(() => undefined)
  if (taken)
    throw new GatewayError(
      "conflict",
      `The file ${file} is there and holds something else; correct, rename or remove it.`,
      { next: { operation: "list_issues" } },
    )
  return { file, text: toText(entry) }
}

/**
 * @param entry in place of what is there; undefined takes the service out
 * @throws GatewayError `conflict`, `too_large`
 */
export async function changedFile(
  files: EditedFolder,
  existing: ServiceSource,
  entry: JsonObject | undefined,
): Promise<FileEdit> {
  const { file, within, definition } = existing
  await refuseLink(files, file)
  if (within) return editEntry(files, existing, entry)
  if (entry === undefined) return { file, text: undefined }
  if (files.isBroken(file)) throw unreadable(file)
  const { name } = definition
  return { file, text: toText(file === `${name}.json` ? entry : { name, ...entry }) }
}

/** A link would be replaced by a file of its own, and what it leads to would stay as it was. */
async function refuseLink({ folder }: EditedFolder, file: string): Promise<void> {
  const stats = await lstat(join(folder, file)).catch(() => undefined)
  if (stats?.isSymbolicLink())
    throw new GatewayError("conflict", `The file ${file} is a link; change what it leads to.`)
}

/** Puts the entry in its place among the file's others, or (`undefined`) takes it out. */
async function editEntry(
  { textOf }: EditedFolder,
  { file, within, definition }: ServiceSource,
  entry: JsonObject | undefined,
): Promise<FileEdit> {
  const text = await textOf(file).catch(() => undefined)
  const content = text === undefined ? undefined : tryParse(text)
  const services = within && isRecord(content) ? content[within.list] : undefined
  if (!within || !isRecord(content) || !isRecord(services)) throw unreadable(file)
  const { name } = definition
  const named = within.key === name ? entry : { name, ...entry }
  const entries = Object.entries(services).flatMap(([key, value]): [string, unknown][] => {
    if (key !== within.key) return [[key, value]]
    return entry === undefined ? [] : [[key, named]]
  })
  return { file, text: toText({ ...content, [within.list]: Object.fromEntries(entries) }) }
}

function unreadable(file: string): GatewayError {
  return new GatewayError("conflict", `The file ${file} cannot be read as it is now; correct it first.`, {
    next: { operation: "list_issues" },
  })
}

function toText(content: JsonObject): string {
  const text = `${JSON.stringify(content, undefined, 2)}\n`
  if (Buffer.byteLength(text) <= maxFileBytes) return text
  throw new GatewayError(
    "too_large",
    `The file of a service may have ${maxFileBytes / 1024} KiB; make it smaller.`,
  )
}

function tryParse(text: string): unknown {
  try {
    return parseJsonText(text)
  } catch {
    return undefined
  }
}
