/**
 * Replaces or removes a file so that a reader, and whoever comes after a crash, finds the old one or the new one and
 * nothing between. The temporary file is hidden, and so ignored by who reads the folder.
 */

import { rename, rm } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { syncFolder, writeSynced } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { codeOf } from "./definition-file.ts"

/** On the disk when it resolves. Mode 0600: a service's file may hold secrets. @throws GatewayError `conflict`, `internal` */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    await rm(temporary, { force: true })
    await writeSynced(temporary, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw cannotWrite(cause)
  }
}

/** @throws GatewayError `conflict`, `internal` */
export async function removeDurably(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncFolder(dirname(path))
  } catch (cause) {
    throw cannotWrite(cause)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "The gateway may not write the folder of services; give its user the right to.",
  EPERM: "The gateway may not write the folder of services; give its user the right to.",
  EROFS: "The folder of services can only be read; change the files where they come from.",
  ENOENT: "The folder of services is gone; put it back.",
  ENOSPC: "The disk of the folder of services is full; make room.",
  EDQUOT: "The disk quota of the gateway's user is used up; make room.",
}

function cannotWrite(cause: unknown): GatewayError {
  const reason = reasons[codeOf(cause)]
  return reason === undefined ? GatewayError.from(cause) : new GatewayError("conflict", reason, { cause })
}
