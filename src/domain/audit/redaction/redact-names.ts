/** Which names say that what they name is a secret. Case, spaces, dots, `_` and `-` do not matter. */

export type SecretNames = {
  isSecret(name: string): boolean
  /** The names that were added, in the form that `plain` gives. */
  readonly added: ReadonlySet<string>
}

const containing =
  /pass(?:word|wd|phrase|code)|secret|(?:api|access|private|signing|encryption|master|ssh|hmac)key|authorization|credential|cookie|bearer/
const ending = /(?:token|pwd|sessionid|sessid|apitokens|accesstokens|authtokens|refreshtokens)$/
const whole = new Set(["auth", "pass", "pwd", "otp", "session", "tokens", "jwt"])
/** They speak about a secret, or of something else. */
const harmless =
  /secretar|(?:url|uri|endpoint|type|expires|expiresat|expiresin|expiry|count|length|policy|required|enabled|supported|progresstoken)$/
const holders = new Set(["env", "envvars", "environmentvariables", "headers", "httpheaders", "requestheaders"])

export function namesOf(keys: readonly string[]): SecretNames {
  const added = new Set(keys.map(plain).filter((key) => key !== ""))
  return {
    added,
    isSecret: (name) => {
      const key = plain(name)
      return added.has(key) || looksSecret(key)
    },
  }
}

function looksSecret(key: string): boolean {
  return (whole.has(key) || ending.test(key) || containing.test(key)) && !harmless.test(key)
}

/** Whether all values below it are secret: a service's variables and headers. */
export function holdsSecrets(name: string): boolean {
  return holders.has(plain(name))
}

export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s._-]/g, "")
}
