/** The one hash of the log, as it is taken for each entry: by way of a text, which costs a third of what a buffer does. */

import { hash } from "node:crypto"

/** 32 bytes; of a text as UTF-8. */
export function sha256(data: string | Uint8Array): Buffer {
  return Buffer.from(hash("sha256", data, "binary"), "latin1")
}
