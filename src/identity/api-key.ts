/**
 * Keys as text: `mm_<id>_<secret><checksum>`, of one length and in digits and letters only. The checksum lets secret
 * scanners find leaked keys, and lets a mistyped one be refused without asking anything.
 */

import { randomBytes, randomInt } from "node:crypto"
import { crc32 } from "node:zlib"
import type { KeyMaker } from "../domain/principal.ts"
import { hashSlowly } from "./slow-hash.ts"

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const idLength = 12
const secretBytes = 32
/** 62^43 > 2^256 */
const secretLength = 43
/** 62^6 > 2^32 */
const checksumLength = 6
const form = new RegExp(
  `^(mm_([${digits}]{${idLength}})_[${digits}]{${secretLength}})([${digits}]{${checksumLength}})$`,
)
const keyLength = "mm__".length + idLength + secretLength + checksumLength

export const keyMaker: KeyMaker = {
  make: async () => {
    const key = makeKey()
    return { ...key, hash: await hashSlowly(key.text) }
  },
}

export function makeKey(): { readonly id: string; readonly text: string } {
  const id = Array.from({ length: idLength }, () => digits[randomInt(digits.length)]).join("")
  const secret = toBase62(BigInt(`0x${randomBytes(secretBytes).toString("hex")}`), secretLength)
  const checked = `mm_${id}_${secret}`
  return { id, text: checked + checksum(checked) }
}

/** What a text says of itself if it has the form of a key; not that there is such a key. */
export function readKey(text: string): { readonly id: string } | undefined {
  if (text.length !== keyLength) return undefined
  const [, checked, id, sum] = form.exec(text) ?? []
  if (checked === undefined || id === undefined || checksum(checked) !== sum) return undefined
  return { id }
}

/** In numbers, since it is worked out with every request. */
function checksum(text: string): string {
  let sum = ""
  for (let rest = crc32(text); sum.length < checksumLength; rest = Math.floor(rest / digits.length))
    sum = `${digits[rest % digits.length]}${sum}`
  return sum
}

function toBase62(value: bigint, length: number): string {
  const base = BigInt(digits.length)
  let text = ""
  for (let rest = value; text.length < length; rest /= base) text = `${digits[Number(rest % base)]}${text}`
  return text
}
