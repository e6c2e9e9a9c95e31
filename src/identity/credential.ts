/** Reads what a client claims to be from the two headers it may say it in. Proves nothing: authenticator.ts does. */

import { principalNameSchema } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import { readKey } from "./api-key.ts"
import { maxPasswordLength } from "./password.ts"

/** Header values as they came. Whoever reads the headers refuses one that came twice. */
export type Credential = {
  readonly authorization?: string | undefined
  /** `X-API-Key` */
  readonly apiKey?: string | undefined
}

export type Claim =
  | { readonly kind: "key"; readonly id: string; readonly secret: string }
  | { readonly kind: "password"; readonly name: string; readonly secret: string }

const maxHeaderLength = 8_192
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * @throws GatewayError `unauthenticated` where there is no credential or none of a known form, `invalid` where the
 *   two headers say different things
 */
export function readCredential({ authorization, apiKey }: Credential): Claim {
  const claims: (Claim | undefined)[] = []
  if (authorization !== undefined) claims.push(readAuthorization(authorization))
  if (apiKey !== undefined) claims.push(readKeyClaim(apiKey))
  const [first, second] = claims
  if (claims.length === 2 && !isSame(first, second)) {
    throw new GatewayError("invalid", "Authorization and X-API-Key disagree; send one of them.")
  }
  if (first) return first
  throw claims.length > 0 ? refusedCredential() : missingCredential()
}

/** What nearly every client sends: one key, in one header. */
export function claimOfKey({ authorization, apiKey }: Credential): (Claim & { readonly kind: "key" }) | undefined {
  if (authorization === undefined) return apiKey === undefined ? undefined : readKeyClaim(apiKey)
  return apiKey === undefined && authorization.startsWith("Bearer ")
    ? readKeyClaim(authorization.slice(7))
    : undefined
}

/** One text for whatever is wrong, so that it does not help to guess. */
export function refusedCredential(retryAfterMs?: number): GatewayError {
  const message =
    "The credential is not valid: it is wrong, expired, revoked or disabled. Ask an administrator for a new one."
  return new GatewayError("unauthenticated", message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

function missingCredential(): GatewayError {
  return new GatewayError(
    "unauthenticated",
    "A credential is needed: send Authorization: Bearer <key>, or X-API-Key: <key>.",
  )
}

function isSame(left: Claim | undefined, right: Claim | undefined): boolean {
  return left !== undefined && right !== undefined && left.kind === right.kind && left.secret === right.secret
}

function readAuthorization(value: string): Claim | undefined {
  if (value.length > maxHeaderLength) return undefined
  const [, scheme, text] = /^(Bearer|Basic) +([^ ]+)$/i.exec(value) ?? []
  if (scheme === undefined || text === undefined) return undefined
  return scheme.toLowerCase() === "bearer" ? readKeyClaim(text) : readBasic(text)
}

function readKeyClaim(text: string): (Claim & { readonly kind: "key" }) | undefined {
  const key = readKey(text)
  return key && { kind: "key", id: key.id, secret: text }
}

/** @see RFC 7617: the name ends at the first colon, the password may hold more of them */
function readBasic(text: string): Claim | undefined {
  const [, name, secret] = /^([^:]*):(.*)$/s.exec(decodeBase64(text) ?? "") ?? []
  if (name === undefined || secret === undefined || secret.length > maxPasswordLength) return undefined
  return principalNameSchema.safeParse(name).success ? { kind: "password", name, secret } : undefined
}

function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  try {
    return utf8.decode(Buffer.from(text, "base64"))
  } catch {
    return undefined
  }
}
