/** Passwords of principals. How often one may be tried: authenticator.ts. */

import type { Passwords } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import { hashSlowly, matchesSlowly } from "./slow-hash.ts"

const minLength = 12
export const maxPasswordLength = 256

/** Of a password that was thrown away, at today's cost: what an unknown name is checked against. */
const nobodysHash =
  "$argon2id$v=19$m=47104,p=1,t=1$RFntKdiZvDMcu8KTO0AZ/g$RS04NEhm3HWqNtsYsBEFEy9WGBA8jVc7c9Hpv2b8Nsg"

export const passwords: Passwords = {
  hash: async (password) => {
    if (password.length < minLength || password.length > maxPasswordLength) {
      throw new GatewayError("invalid", `A password must have ${minLength} to ${maxPasswordLength} characters.`)
    }
    return hashSlowly(password)
  },
}

/** Takes the same time for a principal that is unknown or has no password as for one that has. */
export async function matchesPassword(kept: string | undefined, password: string): Promise<boolean> {
  const matches = await matchesSlowly(kept ?? nobodysHash, password)
  return matches && kept !== undefined
}
