/**
 * Argon2id, for secrets that people choose and for keys at rest. It is slow on purpose, so who runs it how often is
 * for authenticator.ts to limit.
 *
 * @see OWASP Password Storage Cheat Sheet: 46 MiB, 1 pass, 1 lane, as strong as its 19 MiB with 2 passes
 */

/**
 * `memoryCost` in KiB. Above 32 MiB the allocator maps the memory and gives it back; below, each of Node's threads
 * keeps what it once used.
 */
const parameters = { memoryCost: 47_104, timeCost: 1, parallelism: 1 } as const

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
