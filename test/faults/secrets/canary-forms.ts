/** The forms in which a canary might stand somewhere, each as the bytes to look for. */

export type Needle = { readonly kind: string; readonly form: string; readonly bytes: Buffer }

/** What remains of a longer one where it was cut. */
const endBytes = 12

/** @param canary text, or the bytes of a key that is no text; at least 24 bytes that stand nowhere else */
export function needlesOf(kind: string, canary: string | Buffer): readonly Needle[] {
  const bytes = Buffer.from(canary as string)
  const forms = new Map<string, Buffer>([["raw", bytes]])
  const add = (form: string, text: string | Buffer): void => {
    const spelt = Buffer.from(text as string)
    if (![...forms.values()].some((known) => known.equals(spelt))) forms.set(form, spelt)
  }
  add("first 12", bytes.subarray(0, endBytes))
  add("last 12", bytes.subarray(-endBytes))
  add("reversed", Buffer.from(bytes.toReversed()))
  add("hex", bytes.toString("hex"))
  add("HEX", bytes.toString("hex").toUpperCase())
  for (const skipped of [0, 1, 2]) {
    const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3))
    add(`base64, ${skipped} further`, whole.toString("base64"))
    add(`base64url, ${skipped} further`, whole.toString("base64url"))
  }
  if (typeof canary === "string") {
    add("URL", encodeURIComponent(canary))
    add("form", new URLSearchParams({ "": canary }).toString().slice(1))
    add("JSON", JSON.stringify(canary).slice(1, -1))
    add("JSON in JSON", JSON.stringify(JSON.stringify(canary)).slice(3, -3))
    add("UTF-16", Buffer.from(canary, "utf16le"))
  }
  return [...forms].map(([form, spelt]) => ({ kind, form, bytes: spelt }))
}
