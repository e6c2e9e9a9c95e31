/** Large members of a result on their way past, with the secrets that stand in them taken out, however they are cut. */

import type { SecretMask } from "../../domain/secrets/secret-mask.ts"
import type { LargeMembers } from "../../mcp/large-members.ts"

/** Beside the longest secret, as much as tells where an escape began. */
const contextBytes = 256
const nothing = Buffer.alloc(0)

export class MaskedLarge implements LargeMembers {
  readonly #to: LargeMembers
  readonly #mask: SecretMask
  readonly #heldBytes: number
  /** The end of what came last: a secret may begin in it. */
  #held: Buffer = nothing

  constructor(to: LargeMembers, mask: SecretMask) {
    this.#to = to
    this.#mask = mask
    this.#heldBytes = mask.longestNeedle + contextBytes
  }

  begin(name: string): void {
    this.end()
    this.#to.begin(name)
  }

  write(piece: Buffer): boolean {
    const known = this.#mask.json(this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : piece)
    const end = Math.max(0, known.length - this.#heldBytes)
    this.#held = known.subarray(end)
    return end === 0 || this.#to.write(known.subarray(0, end))
  }

  whenDrained(go: () => void): void {
    this.#to.whenDrained(go)
  }

  /** Lets go of what was held. */
  end(): void {
    if (this.#held.length > 0) this.#to.write(this.#held)
    this.#held = nothing
  }
}
