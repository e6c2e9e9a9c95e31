/**
 * The keys that have signed the log, oldest first: a line with the first one, and for each change a note in which the
 * key before signs the next. Who trusts one of them can so trust those after it.
 */

import { GatewayError } from "../../errors.ts"
import { openNote, readVkey, type Signer, type Verifier } from "./signed-note.ts"

const title = "mcp-meta key rotation"
const maxChars = 1_000_000

/** At least one, each proven by the one before. */
export type KeyHistory = readonly [Verifier, ...Verifier[]]

/** @throws GatewayError `invalid` */
export function readKeyHistory(text: string): KeyHistory {
  if (text.length > maxChars) throw broken("is too large")
  const [first = "", ...pieces] = text.trimEnd().split("\n\n")
  const keys: [Verifier, ...Verifier[]] = [firstKey(first)]
  for (let index = 0; index < pieces.length; index += 2) {
    keys.push(nextKey(keys, `${pieces[index]}\n\n${pieces[index + 1] ?? ""}\n`))
  }
  return keys
}

function firstKey(vkey: string): Verifier {
  try {
    return readVkey(vkey)
  } catch {
    throw broken("begins with no public key")
  }
}

function nextKey(keys: readonly [Verifier, ...Verifier[]], note: string): Verifier {
  const opened = openNote(note, keys.slice(-1))
  if (opened.state !== "signed") throw broken("holds a key that the key before it did not sign")
  const [found, vkey = "", timeMs = ""] = opened.text.split("\n")
  if (found !== title || !/^\d+$/.test(timeMs)) throw broken("holds a note that is no change of key")
  const key = readVkey(vkey)
  if (key.name !== keys[0].name) throw broken("holds a key of another log")
  return key
}

/**
 * @returns the text with the new key in it
 * @throws GatewayError `conflict` where it would be too long to be read
 */
export function addRotation(
  text: string,
  old: Signer,
  { vkey, timeMs }: { vkey: string; timeMs: number },
): string {
  const longer = `${text.trimEnd()}\n\n${old.sign(`${title}\n${vkey}\n${timeMs}\n`)}`
  if (longer.length > maxChars) throw full()
  return longer
}

/** Which keys a verification goes by. */
export type TrustedKeys = {
  /** In their order; those before `firstTrusted` are only believed where a later checkpoint confirms what they signed. */
  readonly verifiers: readonly Verifier[]
  readonly firstTrusted: number
  /** Whether the trusted key was brought from elsewhere; one that lay beside the log proves less. */
  readonly brought: boolean
}

/**
 * The key given, or else the first, and all after it. A given key that the history does not hold is trusted alone.
 *
 * @throws GatewayError `invalid` for what is no key
 */
export function trustedFrom(history: KeyHistory, vkey?: string): TrustedKeys {
  if (vkey === undefined) return { verifiers: history, firstTrusted: 0, brought: false }
  const given = readVkey(vkey.trim())
  const found = history.findIndex((key) => key.vkey === given.vkey)
  if (found === -1) return { verifiers: [given], firstTrusted: 0, brought: true }
  return { verifiers: history, firstTrusted: found, brought: true }
}

function full(): GatewayError {
  return new GatewayError(
    "conflict",
    "The log has had as many keys as keys/audit.pub can hold, so its key stays. For another one begin a new log: stop the gateway and move the folder audit and the files keys/audit.* out of the data folder.",
  )
}

function broken(what: string): GatewayError {
  return new GatewayError("invalid", `The history of the audit log's public keys ${what}; restore keys/audit.pub.`)
}
