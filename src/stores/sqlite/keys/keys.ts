/**
 * What the log is signed and digested with: `keys/audit.key` signs, `keys/audit.pub` holds its public key and those
 * before it, each signed by the one before, and `keys/audit.salt` goes into the digests of payloads. All are made at
 * the first start; none is ever replaced in silence.
 */

import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto"
import { rename, rm, stat } from "node:fs/promises"
import { basename, join } from "node:path"
import { syncFolder } from "../../../durable-file.ts"
import { addRotation, readKeyHistory } from "../../../domain/audit/key-history.ts"
import { signerOf } from "../../../domain/audit/signed-note.ts"
import type { GatewayError } from "../../../errors.ts"
import { makeSecretFile, readSecretFile, replaceSecretFile, unusableFile } from "../../../secret-file.ts"

const saltBytes = 32
const maxBytes = 1024 * 1024
const nameBytes = 6

/** With the public history that leads to it. */
export type NextKey = { readonly pem: string; readonly vkey: string; readonly history: string }

type Opening = {
  /** Exists. */
  readonly folder: string
  /** Whether there is a log already, which without its keys could not go on. */
  readonly log: "new" | "there"
}

/** @throws GatewayError `invalid` where a file is missing, does not fit the others, or could be read by others */
export async function openAuditKeys({ folder, log }: Opening): Promise<AuditKeys> {
  const paths = pathsIn(folder)
  const salt = await readOrMake(paths.salt, log, () => randomBytes(saltBytes))
  if (salt.length !== saltBytes) throw unusable(paths.salt, "it is not 32 bytes long; restore it from a backup")
  const pem = (await readOrMake(paths.key, log, () => Buffer.from(pemOf(drawKey())))).toString()
  const key = readKey(paths.key, pem)
  const newName = `mcp-meta-${randomBytes(nameBytes).toString("hex")}`
  const history = await readOrMake(paths.pub, log, () => Buffer.from(`${signerOf(newName, key).vkey}\n`))
  return finishRotation(paths, { salt, key, history: history.toString() })
}

export class AuditKeys {
  readonly salt: Buffer
  /** The log's. */
  readonly name: string
  readonly #paths: Paths
  #key: KeyObject
  #history: string

  constructor(paths: Paths, { salt, name, key, history }: Material) {
    this.#paths = paths
    this.salt = salt
    this.name = name
    this.#key = key
    this.#history = history
  }

  get pem(): string {
    return pemOf(this.#key)
  }

  /**
   * A key that waits beside the one in use until it is adopted.
   *
   * @throws GatewayError `conflict` where the history is full; nothing is written then
   */
  async drawNext(timeMs: number): Promise<NextKey> {
    const key = drawKey()
    const { vkey } = signerOf(this.name, key)
    const history = addRotation(this.#history, signerOf(this.name, this.#key), { vkey, timeMs })
    await replaceSecretFile(this.#paths.next, pemOf(key))
    return { pem: pemOf(key), vkey, history }
  }

  /** From here on the public history leads to the new key, even when a crash keeps it from getting its name. */
  async adopt({ pem, history }: NextKey): Promise<void> {
    await replaceSecretFile(this.#paths.pub, history)
    this.#history = history
    this.#key = readKey(this.#paths.next, pem)
    await takeOver(this.#paths)
  }
}

/** @returns the names of those that are not there, as paths in the data folder */
export async function missingKeys(folder: string): Promise<readonly string[]> {
  const { key, pub, salt } = pathsIn(folder)
  const looked = [key, pub, salt].map(async (path) => ((await isThere(path)) ? [] : [nameOf(path)]))
  return (await Promise.all(looked)).flat()
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

type Paths = { readonly key: string; readonly next: string; readonly pub: string; readonly salt: string }
type Material = {
  readonly salt: Buffer
  readonly name: string
  readonly key: KeyObject
  readonly history: string
}

function pathsIn(folder: string): Paths {
  const at = (name: string) => join(folder, name)
  return { key: at("audit.key"), next: at("audit.key.next"), pub: at("audit.pub"), salt: at("audit.salt") }
}

async function readOrMake(path: string, log: Opening["log"], make: () => Buffer): Promise<Buffer> {
  const found = await readKeyFile(path)
  if (found) return found
  if (log === "there") {
    throw unusable(
      path,
      "it is missing, but the log is there; restore it, or move the folder audit away to begin anew",
    )
  }
  const content = make()
  await makeSecretFile(path, content)
  return content
}

/** A rotation that a crash interrupted is finished where the public history has the new key, else undone. */
async function finishRotation(paths: Paths, material: Omit<Material, "name">): Promise<AuditKeys> {
  const history = readKeyHistory(material.history)
  const { name } = history[0]
  const fits = (key: KeyObject): boolean => signerOf(name, key).vkey === history.at(-1)?.vkey
  const waiting = await readKeyFile(paths.next)
  if (fits(material.key)) {
    if (waiting) await rm(paths.next, { force: true })
    return new AuditKeys(paths, { ...material, name })
  }
  const next = waiting && readKey(paths.next, waiting.toString())
  if (next === undefined || !fits(next)) {
    throw unusable(paths.key, "it is not the key that keys/audit.pub ends with; restore both from the same backup")
  }
  await takeOver(paths)
  return new AuditKeys(paths, { ...material, name, key: next })
}

async function takeOver({ key, next, pub }: Paths): Promise<void> {
  await rename(next, key)
  await syncFolder(join(pub, ".."))
}

function drawKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString()
}

function readKey(path: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === "ed25519") return key
  } catch {
    // Said below, without what the library says of the key.
  }
  throw unusable(path, "it holds no Ed25519 key; restore it from a backup")
}

function readKeyFile(path: string): Promise<Buffer | undefined> {
  return readSecretFile(path, nameOf(path), maxBytes)
}

function unusable(path: string, why: string): GatewayError {
  return unusableFile(nameOf(path), why)
}

function nameOf(path: string): string {
  return `keys/${basename(path)}`
}
