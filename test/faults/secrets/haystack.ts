/** Looks for many needles at once, in time that hardly depends on how many they are. */

import type { Needle } from "./canary-forms.ts"

const prefixBytes = 4

export class Haystack {
  /** By their first two bytes: whether any needle begins so. */
  readonly #begins = new Uint8Array(1 << 16)
  readonly #byPrefix = new Map<number, Needle[]>()

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      this.#begins[needle.bytes.readUInt16BE(0)] = 1
      const prefix = needle.bytes.readUInt32BE(0)
      this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), needle])
    }
  }

  /** Each needle once, however often it stands there. */
  find(hay: Buffer): readonly Needle[] {
    const found = new Set<Needle>()
    const last = hay.length - prefixBytes
    for (let at = 0; at <= last; at += 1) {
      const two = ((hay[at] ?? 0) << 8) | (hay[at + 1] ?? 0)
      if (this.#begins[two] === 0) continue
      for (const needle of this.#byPrefix.get(hay.readUInt32BE(at)) ?? [])
        if (needle.bytes.equals(hay.subarray(at, at + needle.bytes.length))) found.add(needle)
    }
    return [...found]
  }
}
