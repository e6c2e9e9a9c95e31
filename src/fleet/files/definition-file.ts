/**
 * Reads one file of the folder, trusting nothing about it: it may be a link, a pipe, a device, huge, half written or
 * anyone's to change. What its text means is left to json-text.ts and domain/services/service.ts.
 */

import { constants, type Stats } from "node:fs"
import { lstat, open, realpath, type FileHandle } from "node:fs/promises"
import { join, sep } from "node:path"
import { GatewayError } from "../../errors.ts"

export const maxFileBytes = 256 * 1024

/** Opening waits for nobody (a pipe without a writer) and follows no link put there meanwhile. */
const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * @param folder its real path
 * @returns undefined when the file is gone
 * @throws GatewayError `invalid` with the reason and what to do
 */
export async function readDefinitionFile(folder: string, file: string): Promise<string | undefined> {
  const listed = join(folder, file)
  let handle: FileHandle | undefined
  try {
    const stats = await lstat(listed)
    const path = stats.isSymbolicLink() ? await followInside(folder, listed) : listed
    refuseUnsafe(path === listed ? stats : await lstat(path))
    handle = await open(path, openFlags)
    refuseUnsafe(await handle.stat())
    return decode(await readAll(handle))
  } catch (cause) {
    if (await isGone(listed, cause)) return undefined
    throw translate(cause)
  } finally {
    await handle?.close()
  }
}

/** Links within the folder are how Kubernetes puts files there. */
async function followInside(folder: string, link: string): Promise<string> {
  const real = await realpath(link)
  if (real.startsWith(folder + sep)) return real
  throw new GatewayError("invalid", "It is a link to outside of this folder; put the file itself here.")
}

/** Whether who may write a file is said by its mode. Not so on Windows. */
export const modesCount = process.platform !== "win32"

function refuseUnsafe(stats: Stats): void {
  if (!stats.isFile()) throw new GatewayError("invalid", "It is not a regular file; remove it.")
  if (modesCount && (stats.mode & 0o002) !== 0) {
    throw new GatewayError(
      "invalid",
      "Everyone on this machine may write it, and so start programs as the gateway; run chmod o-w on it.",
    )
  }
  if (stats.size > maxFileBytes) throw tooLarge()
}

/** The file may grow while it is read. */
async function readAll(handle: FileHandle): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(maxFileBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length)
    if (bytesRead === 0) return bytes.subarray(0, length)
    length += bytesRead
    if (length > maxFileBytes) throw tooLarge()
  }
}

function tooLarge(): GatewayError {
  return new GatewayError("invalid", `It is larger than ${maxFileBytes / 1024} KiB; split it into several files.`)
}

/** A byte order mark at the start is left out. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new GatewayError("invalid", "It is not UTF-8 text; save it as UTF-8.", { cause })
  }
}

async function isGone(path: string, cause: unknown): Promise<boolean> {
  if (codeOf(cause) !== "ENOENT") return false
  return lstat(path).then(
    () => false,
    () => true,
  )
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "It is a link to nothing; remove it or put back what it leads to.",
  ELOOP: "It is a link to itself; remove it.",
  EACCES: "The gateway may not read it; give its user the right to.",
  EPERM: "The gateway may not read it; give its user the right to.",
}

function translate(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  const code = codeOf(cause)
  return new GatewayError(
    "invalid",
    reasons[code] ?? `It cannot be read (${code || "unknown reason"}); look at its disk.`,
    { cause },
  )
}

/** The system's name of what went wrong; empty where it has none. */
export function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""
}
