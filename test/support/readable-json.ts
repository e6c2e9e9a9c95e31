/**
 * JSON whose keys need no escapes: JSON.parse of V8 13.6 may read an escaped key as another one that it met before in
 * the same place (https://github.com/nodejs/node/issues/63785), so a test that compares what it returned would fail
 * for no fault of ours.
 */

import fc from "fast-check"

export function isReadableKey(key: string): boolean {
  return !JSON.stringify(key).includes("\\")
}

export const readableJson = fc.jsonValue().filter((value) => {
  let readable = true
  JSON.stringify(value, (key, member: unknown) => {
    readable &&= isReadableKey(key)
    return member
  })
  return readable
})
