/** Random hexadecimal digits for what is drawn with every call: many at a time, since a single draw costs as much. */

import { randomBytes } from "node:crypto"

const drawnBytes = 4_096

/** @returns draws so many digits, an even number */
export function randomDigits(): (digits: number) => string {
  let drawn = ""
  let used = 0
  return (digits) => {
    if (used + digits > drawn.length) {
      drawn = randomBytes(drawnBytes).toString("hex")
      used = 0
    }
    used += digits
    return drawn.slice(used - digits, used)
  }
}
