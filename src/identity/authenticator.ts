/**
 * Turns a credential into a caller, once per request, and says at each call whether that caller may still call.
 *
 * How credentials are written: credential.ts. How a secret is checked, and how often: verifier.ts. Who there is:
 * roster.ts.
 */

import type { ActivePrincipal, Caller, Key, Keys, Principal, Principals } from "../domain/principal.ts"
import { claimOfKey, readCredential, refusedCredential, type Claim, type Credential } from "./credential.ts"
import { openRoster, type Roster } from "./roster.ts"
import { Verifier } from "./verifier.ts"

export interface Authenticator {
  /** At once, the caller of a credential that was right before and still is; undefined for any other. */
  recall(credential: Credential): Caller | undefined
  /**
   * @throws GatewayError `unauthenticated`, with `retryAfterMs` after too many failures; `invalid` where two
   *   credentials disagree; `overloaded` where too many are being checked
   */
  admit(credential: Credential): Promise<Caller>
  /** @throws GatewayError `unauthenticated` where the key or the principal has ended since it was admitted */
  authenticate(caller: Caller): ActivePrincipal
  close(): void
}

/** For a process that checks no secrets: it knows again the keys that another one has admitted. */
export interface Recognizer extends Pick<Authenticator, "recall" | "authenticate"> {
  /**
   * To be called before the credential is shown to who can admit it.
   *
   * @returns remembers it, to be called if it was admitted. It counts for the secret's hash of this moment alone.
   */
  introduce(credential: Credential): () => void
}

type Dependencies = {
  readonly principals: Principals
  readonly keys: Keys
  /** 32 random bytes of this process. */
  readonly pepper: Buffer
  /** Epoch ms. */
  readonly now: () => number
  /** ms of a clock that does not jump, for how long guesses have to wait; `now` where absent. */
  readonly elapsed?: () => number
}

export async function createAuthenticator({
  principals,
  keys,
  pepper,
  now,
  elapsed = now,
}: Dependencies): Promise<Authenticator> {
  const roster = await openRoster(principals, keys)
  const verifier = new Verifier(pepper, elapsed)
  return {
    recall: (credential) => recall(roster, verifier, credential, now()),
    admit: async (credential) => {
      const claim = readCredential(credential)
      const { caller, hash } = findClaimed(roster, claim, now())
      const digest = verifier.digest(claim)
      const isRight = verifier.recalls(digest, hash) || (await verifier.matches(claim, digest, hash))
      if (!isRight || !caller) throw refusedCredential()
      getActive(roster, caller, now())
      return caller
    },
    authenticate: (caller) => getActive(roster, caller, now()),
    close: () => roster.close(),
  }
}

export function createRecognizer({
  roster,
  pepper,
  now,
}: Pick<Dependencies, "pepper" | "now"> & { readonly roster: Roster }): Recognizer {
  const verifier = new Verifier(pepper, now)
  return {
    recall: (credential) => recall(roster, verifier, credential, now()),
    introduce: (credential) => {
      const claim = claimOfKey(credential)
      const key = claim && roster.findKey(claim.id)
      return () => key && verifier.remember(verifier.digest(claim), key.hash)
    },
    authenticate: (caller) => getActive(roster, caller, now()),
  }
}

function recall(roster: Roster, verifier: Verifier, credential: Credential, nowMs: number): Caller | undefined {
  const claim = claimOfKey(credential)
  const key = claim && roster.findKey(claim.id)
  if (!key || !verifier.recalls(verifier.digest(claim), key.hash)) return undefined
  return isActive(roster, key, nowMs) ? { principalId: key.principalId, keyId: key.id } : undefined
}

type Claimed = { readonly caller: Caller | undefined; readonly hash: string | undefined }

/** @throws GatewayError `unauthenticated` for a key that could not be used whatever its secret */
function findClaimed(roster: Roster, claim: Claim, nowMs: number): Claimed {
  if (claim.kind === "password") {
    const principal = roster.findByName(claim.name)
    return { caller: principal && Object.freeze({ principalId: principal.id }), hash: principal?.passwordHash }
  }
  const key = roster.findKey(claim.id)
  if (!key) throw refusedCredential()
  const caller = Object.freeze({ principalId: key.principalId, keyId: key.id })
  getActive(roster, caller, nowMs)
  return { caller, hash: key.hash }
}

function getActive(roster: Roster, { principalId, keyId }: Caller, nowMs: number): ActivePrincipal {
  const member = roster.findMember(principalId, nowMs)
  if (!member || member.principal.disabled) throw refusedCredential()
  if (keyId === undefined) return member
  const key = roster.findKey(keyId)
  if (!key || !isGood(key, member.principal, nowMs)) throw refusedCredential()
  return { principal: member.principal, may: member.may, keyId }
}

function isActive(roster: Roster, key: Key, nowMs: number): boolean {
  const principal = roster.findMember(key.principalId, nowMs)?.principal
  return principal !== undefined && !principal.disabled && isGood(key, principal, nowMs)
}

function isGood(key: Key, principal: Principal, nowMs: number): boolean {
  if (key.principalId !== principal.id || key.revokedAtMs !== undefined) return false
  return key.expiresAtMs === undefined || nowMs < key.expiresAtMs
}
