/**
 * Large members of a tool's result on their way to a client of an older revision: structured content that is no object is
 * wrapped into one, as era-legacy.ts does with a small one.
 */

import { objectContent } from "../era-legacy.ts"
import type { LargeMembers } from "../large-members.ts"

const openBrace = 0x7b

export class ObjectContent implements LargeMembers {
  readonly #to: LargeMembers
  #isAtStart = false
  #isWrapping = false

  constructor(to: LargeMembers) {
    this.#to = to
  }

  begin(name: string): void {
    this.end()
    this.#isAtStart = name === "structuredContent"
    this.#to.begin(name)
  }

  write(piece: Buffer): boolean {
    if (this.#isAtStart && piece.length > 0) {
      this.#isAtStart = false
      this.#isWrapping = piece[0] !== openBrace
      if (this.#isWrapping) this.#to.write(objectContent.before)
    }
    return this.#to.write(piece)
  }

  whenDrained(go: () => void): void {
    this.#to.whenDrained(go)
  }

  /** Nothing more comes of the last member. */
  end(): void {
    if (this.#isWrapping) this.#to.write(objectContent.after)
    this.#isWrapping = false
  }
}
