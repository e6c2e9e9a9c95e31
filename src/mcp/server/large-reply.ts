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

const end = Buffer.from("}")

export class LargeReply implements LargeMembers {
  readonly #response: ServerResponse
  readonly #id: RawJson
  readonly #names: string[] = []
  #go: (() => void) | undefined

  /** @param id of the request */
  constructor(response: ServerResponse, id: RawJson) {
    this.#response = response
    this.#id = id
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
    // Its close follows and says all there is to say.
    this.#response.on("error", () => undefined)
    this.#response.on("drain", () => this.#proceed())
    this.#response.once("close", () => this.#proceed())
    this.#response.writeHead(200, { "content-type": "application/json" })
    this.write(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":'), this.#id, Buffer.from(',"result":')]))
  }

  #proceed(): void {
    const go = this.#go
    this.#go = undefined
    go?.()
  }
}
