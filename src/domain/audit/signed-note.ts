/**
 * Text with an Ed25519 signature beneath it, in the form that transparency logs use, so that tools of others can check
 * ours. What the text says: checkpoint.ts, key-history.ts.
 *
 * @see C2SP signed-note, https://c2sp.org/signed-note
 */

import { createPublicKey, hash, sign, verify, type KeyObject } from "node:crypto"
import { GatewayError } from "../../errors.ts"

const ed25519 = 1
const keyIdBytes = 4
const keyBytes = 32
const maxNoteChars = 1_000_000
const maxSignatures = 100

export type Signer = {
  readonly name: string
  /** The public key, as `readVkey` takes it. */
  readonly vkey: string
  /** The whole note. @throws GatewayError `internal` for a text that is no text of a note */
  sign(text: string): string
}

export type Verifier = {
  readonly name: string
  readonly vkey: string
  /** 4 bytes as a number. */
  readonly keyId: number
  readonly publicKey: KeyObject
}

export type OpenedNote =
  | { readonly state: "signed"; readonly text: string; readonly verifier: Verifier }
  | { readonly state: "malformed" | "unknown_key" | "bad_signature" }

export function signerOf(name: string, privateKey: KeyObject): Signer {
  const key = rawKey(createPublicKey(privateKey))
  const id = keyIdOf(name, key)
  return {
    name,
    vkey: `${name}+${id.toString("hex")}+${Buffer.concat([Buffer.of(ed25519), key]).toString("base64")}`,
    sign(text) {
      if (!isNoteText(text)) throw new GatewayError("internal", "This text cannot be signed as a note.")
      const signature = sign(null, Buffer.from(text), privateKey)
      return `${text}\n— ${name} ${Buffer.concat([id, signature]).toString("base64")}\n`
    },
  }
}

/** @param line `<name>+<8 hex>+<base64>` @throws GatewayError `invalid` */
export function readVkey(line: string): Verifier {
  const [, name, id, encoded] = /^([^\s+\p{Cc}]+)\+([0-9a-f]{8})\+(.+)$/u.exec(line) ?? []
  const bytes = readBase64(encoded ?? "")
  if (name === undefined || id === undefined || bytes?.length !== 1 + keyBytes || bytes[0] !== ed25519) {
    throw notAKey()
  }
  const key = bytes.subarray(1)
  const keyId = keyIdOf(name, key)
  if (keyId.toString("hex") !== id) throw notAKey()
  return { name, vkey: line, keyId: keyId.readUInt32BE(), publicKey: publicKeyOf(key) }
}

/** Signatures of others beside ours are allowed; one by a key of ours that does not fit spoils the note. */
export function openNote(note: string, verifiers: readonly Verifier[]): OpenedNote {
  const parts = readNote(note)
  if (parts === undefined) return { state: "malformed" }
  const ours = parts.signatures.flatMap(({ name, keyId, signature }) =>
    verifiers
      .filter((verifier) => verifier.name === name && verifier.keyId === keyId)
      .map((verifier) => ({ verifier, signature })),
  )
  const [first] = ours
  if (first === undefined) return { state: "unknown_key" }
  const bytes = Buffer.from(parts.text)
  const allFit = ours.every(({ verifier, signature }) => verify(null, bytes, verifier.publicKey, signature))
  return allFit ? { state: "signed", text: parts.text, verifier: first.verifier } : { state: "bad_signature" }
}

type Signature = { readonly name: string; readonly keyId: number; readonly signature: Buffer }

function readNote(note: string): { readonly text: string; readonly signatures: readonly Signature[] } | undefined {
  const split = note.lastIndexOf("\n\n") + 1
  const text = note.slice(0, split)
  if (note.length > maxNoteChars || !isNoteText(text) || !note.endsWith("\n")) return undefined
  const lines = note.slice(split + 1, -1).split("\n")
  if (lines.length > maxSignatures) return undefined
  const signatures = lines.map(readSignature)
  return signatures.every((signature) => signature !== undefined) ? { text, signatures } : undefined
}

function readSignature(line: string): Signature | undefined {
  const [, name, encoded] = /^— ([^\s+\p{Cc}]+) (\S+)$/u.exec(line) ?? []
  const bytes = readBase64(encoded ?? "")
  if (name === undefined || bytes === undefined || bytes.length <= keyIdBytes) return undefined
  return { name, keyId: bytes.readUInt32BE(), signature: bytes.subarray(keyIdBytes) }
}

/** Whole lines, without control characters. */
function isNoteText(text: string): boolean {
  return text.endsWith("\n") && text.isWellFormed() && !/[^\P{Cc}\n]/u.test(text)
}

function keyIdOf(name: string, key: Buffer): Buffer {
  return hash("sha256", Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), key]), "buffer").subarray(
    0,
    keyIdBytes,
  )
}

function rawKey(publicKey: KeyObject): Buffer {
  if (publicKey.asymmetricKeyType !== "ed25519") {
    throw new GatewayError("invalid", "The key that signs the audit log is not an Ed25519 key.")
  }
  return Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url")
}

function publicKeyOf(key: Buffer): KeyObject {
  try {
    return createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") } })
  } catch (cause) {
    throw notAKey(cause)
  }
}

/** Only the one spelling of each value, for a note is known by its digest. */
function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64")
  return bytes.toString("base64") === text ? bytes : undefined
}

function notAKey(cause?: unknown): GatewayError {
  return new GatewayError(
    "invalid",
    "This is no public key of an audit log; it is a line of the form <name>+<8 hex digits>+<base64>.",
    { cause },
  )
}
