/** `3 min ago`: what is over should look over. */

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const

/** @param at ISO 8601 */
export function ago(at: string): string {
  const ms = Math.max(0, Date.now() - Date.parse(at))
  const [unitMs, unit] = units.find(([unitMs]) => ms >= unitMs) ?? [1_000, "s"]
  return `${Math.floor(ms / unitMs)} ${unit} ago`
}
