/** Hidden values that are not what they were before say so: else a new secret would look like no difference at all. */

type Values = Readonly<Record<string, unknown>>

/**
 * @param now as it is, and with secrets hidden in it
 * @param before as it was; absent where there was nothing to compare it with
 */
export function markChanged(
  now: { readonly real: Values; readonly shown: Values },
  before: Values | undefined,
): unknown {
  return before === undefined ? now.shown : mark(now.shown, now.real, before)
}

function mark(shown: unknown, real: unknown, before: unknown): unknown {
  if (typeof shown === "string")
    return shown !== real && before !== undefined && real !== before ? `${shown} (changed)` : shown
  if (Array.isArray(shown)) return shown.map((one, at) => mark(one, member(real, at), member(before, at)))
  if (typeof shown !== "object" || shown === null) return shown
  return Object.fromEntries(
    Object.entries(shown).map(([name, one]) => [name, mark(one, member(real, name), member(before, name))]),
  )
}

function member(value: unknown, name: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string | number, unknown>)[name]
}
