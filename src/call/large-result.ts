/**
 * Large members of a result on their way through the gateway: they are digested as they pass, because the record has the
 * digest of the whole result and nobody has the whole of it. Where the record keeps copies the result comes whole.
 */

import type { Digested } from "../domain/audit/entry.ts"
import type { RunningDigest } from "../domain/audit/log.ts"
import { withLarge } from "../mcp/exchange.ts"
import { openingOf, restPieces, type LargeMembers } from "../mcp/large-members.ts"
import type { Exchange } from "../mcp/message.ts"
import type { RawObject } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"

/** @returns undefined where a result must be handed over whole */
export type DigestFor = (call: OpenCall) => RunningDigest | undefined

/** The exchange, which takes large members where the call may have some and the record can do without them. */
export function digestingLarge(open: OpenCall, exchange: Exchange, digestFor: DigestFor): Exchange {
  const { large } = exchange
  return large ? withLarge(exchange, () => digested(open, large, digestFor)) : exchange
}

function digested(
  open: OpenCall,
  large: NonNullable<Exchange["large"]>,
  digestFor: DigestFor,
): LargeMembers | undefined {
  const digest = open.large ? undefined : digestFor(open)
  const to = digest && large()
  return digest && to && (open.large = new LargeResult(to, digest))
}

export class LargeResult implements LargeMembers {
  readonly #to: LargeMembers
  readonly #digest: RunningDigest
  #members = 0

  constructor(to: LargeMembers, digest: RunningDigest) {
    this.#to = to
    this.#digest = digest
  }

  begin(name: string): void {
    this.#digest.add(openingOf(name, this.#members++))
    this.#to.begin(name)
  }

  write(piece: Buffer): boolean {
    this.#digest.add(piece)
    return this.#to.write(piece)
  }

  whenDrained(go: () => void): void {
    this.#to.whenDrained(go)
  }

  /** Of all that has passed; of the whole where the `result` that follows is there. */
  end(result: RawObject | undefined): Digested {
    for (const piece of result ? restPieces(result) : []) this.#digest.add(piece)
    return this.#digest.end()
  }
}
