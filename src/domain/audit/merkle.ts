/**
 * The Merkle tree over a stream's entries, as far as its root needs it: the roots of its perfect subtrees, one for each
 * bit that is set in the number of leaves. Adding a leaf and reading the root cost a few hashes, whatever the size.
 *
 * @see RFC 6962 section 2.1
 */

import { GatewayError } from "../../errors.ts"
import { sha256 } from "./sha256.ts"

const hashBytes = 32

export class Frontier {
  #size: number
  /** Of the largest subtree first. */
  readonly #roots: Buffer[]

  private constructor(size: number, roots: Buffer[]) {
    this.#size = size
    this.#roots = roots
  }

  static empty(): Frontier {
    return new Frontier(0, [])
  }

  /**
   * What `write` gave, and the number of leaves it stood for.
   *
   * @throws GatewayError `invalid` when the two do not fit
   */
  static read(size: number, bytes: Buffer): Frontier {
    if (!Number.isSafeInteger(size) || size < 0 || bytes.length !== bitsSet(size) * hashBytes) {
      throw new GatewayError("invalid", `${bytes.length} bytes are not the Merkle frontier of ${size} entries.`)
    }
    const roots = Array.from({ length: bytes.length / hashBytes }, (_, index) =>
      Buffer.from(bytes.subarray(index * hashBytes, (index + 1) * hashBytes)),
    )
    return new Frontier(size, roots)
  }

  get size(): number {
    return this.#size
  }

  add(leafHash: Buffer): void {
    let node = leafHash
    for (let subtrees = this.#size; subtrees % 2 === 1; subtrees = Math.floor(subtrees / 2)) {
      node = nodeHash(this.#roots.pop() ?? node, node)
    }
    this.#roots.push(node)
    this.#size += 1
  }

  /** Of no leaves at all: the SHA-256 of nothing. */
  root(): Buffer {
    const [smallest, ...larger] = this.#roots.toReversed()
    if (smallest === undefined) return sha256("")
    return larger.reduce((right, left) => nodeHash(left, right), smallest)
  }

  write(): Buffer {
    return Buffer.concat(this.#roots)
  }
}

/** A one, and the two nodes below: filled anew for each. */
const preimage = Buffer.alloc(1 + 2 * hashBytes, 1)

function nodeHash(left: Buffer, right: Buffer): Buffer {
  preimage.set(left, 1)
  preimage.set(right, 1 + hashBytes)
  return sha256(preimage)
}

function bitsSet(size: number): number {
  let bits = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  return bits
}
