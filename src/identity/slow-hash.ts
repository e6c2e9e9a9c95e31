/**
 * Argon2id, for secrets that people choose and for keys at rest. It is slow on purpose, so who runs it how often is
 * for authenticator.ts to limit.
 *
 * @see OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane
 */

/** `memoryCost` in KiB. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** In argon2's own text form, which carries salt and parameters. */
export async function hashSlowly(text: string): Promise<string> {
  const { hash, argon2id } = await load()
  return hash(text, { ...parameters, type: argon2id })
}

export async function matchesSlowly(kept: string, text: string): Promise<boolean> {
  const { verify } = await load()
  return verify(kept, text)
}

/** Loaded when first needed: the command line answers most things without it. */
function load() {
  return import("argon2")
}
