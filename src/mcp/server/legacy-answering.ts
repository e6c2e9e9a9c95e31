/** The answer to one request of a legacy client: as its era writes it, and begun early where the transport can. */

import { writeLegacyAnswer } from "../era-legacy.ts"
import type { LargeMembers } from "../large-members.ts"
import type { Answer } from "../message.ts"
import type { RawJson } from "../raw-json.ts"
import { encodeAnswer, type Bytes } from "../wire.ts"
import type { HttpReply } from "./http-reply.ts"
import { ObjectContent } from "./object-content.ts"

/** Where a transport can begin an answer that is not complete. */
export type EarlyReply = Pick<HttpReply, "openLarge" | "hasBegun" | "restOf">

type Asked = { readonly id: RawJson; readonly method: string }

export class LegacyAnswering {
  readonly #asked: Asked
  readonly #reply: EarlyReply | undefined
  #content: ObjectContent | undefined

  constructor(asked: Asked, reply: EarlyReply | undefined) {
    this.#asked = asked
    this.#reply = reply
  }

  readonly openLarge = (): LargeMembers | undefined => {
    const to = this.#reply?.openLarge(this.#asked.id)
    if (!to || this.#asked.method !== "tools/call") return to
    return (this.#content = new ObjectContent(to))
  }

  /** The bytes that are left to be sent; undefined where what has begun cannot be made whole. */
  encode(answer: Answer): Bytes | undefined {
    const { id, method } = this.#asked
    this.#content?.end()
    const written = writeLegacyAnswer(method, answer)
    return this.#reply?.hasBegun === true ? this.#reply.restOf(written) : encodeAnswer(id, written)
  }
}
