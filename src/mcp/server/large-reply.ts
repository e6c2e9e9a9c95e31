/**
 * The answer to one POST that begins before it is complete: large members of the result go out as they come, the rest of
 * it when the call is over, and with that the end of the message. A call that ends otherwise cuts the connection, so that
 * its client never takes a part for the whole.
 */

import type { ServerResponse } from "node:http"
import { openingOf, passedIn, restPieces, type LargeMembers } from "../large-members.ts"
import type { Answer } from "../message.ts"
import type { RawJson } from "../raw-json.ts"
import { joined, type Bytes } from "../wire.ts"

type LargeReplyOptions = {
  readonly response: ServerResponse
  /** Of the request. */
  readonly id: RawJson
  readonly onBegin: () => void
}

const end = Buffer.from("}")

export class LargeReply implements LargeMembers {
  readonly #options: LargeReplyOptions
  readonly #response: ServerResponse
  readonly #names: string[] = []
  #go: (() => void) | undefined

  constructor(options: LargeReplyOptions) {
    this.#options = options
    this.#response = options.response
  }

  get hasBegun(): boolean {
    return this.#names.length > 0
  }

  begin(name: string): void {
    if (!this.hasBegun) this.#writeHead()
    this.write(openingOf(name, this.#names.length))
    this.#names.push(name)
  }

  /** A client that has gone takes everything: whether the call goes on without it is decided elsewhere. */
  write(piece: Buffer): boolean {
    return this.#response.destroyed || this.#response.write(piece)
  }

  whenDrained(go: () => void): void {
    this.#go = go
    if (this.#response.destroyed) this.#proceed()
  }

  /** The text that makes it whole; undefined where the answer is not the one that has begun. */
  restOf({ result }: Answer): readonly Buffer[] | undefined {
    const passed = result ? passedIn(result) : []
    const isSame = passed.length === this.#names.length && this.#names.every((name) => passed.includes(name))
    return result && isSame ? [...restPieces(result), end] : undefined
  }

  finish(rest: Bytes | undefined): void {
    if (rest) this.#response.end(joined(rest))
    else this.#response.destroy()
  }

  #writeHead(): void {
    const { id, onBegin } = this.#options
    onBegin()
    // Its close follows and says all there is to say.
    this.#response.on("error", () => undefined)
    this.#response.on("drain", () => this.#proceed())
    this.#response.once("close", () => this.#proceed())
    this.#response.writeHead(200, { "content-type": "application/json" })
    this.write(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), id, Buffer.from(',"result":')]))
  }

  #proceed(): void {
    const go = this.#go
    this.#go = undefined
    go?.()
  }
}
