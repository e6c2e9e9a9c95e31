/**
 * Reads an answer that comes in pieces and passes its large members on as they come, with their text cut out of what is
 * kept. What is kept is read at the end as any message is, so that an answer is held to the same rules whichever way it
 * went. Until the first member is passed on nothing is lost: what cannot be passed on is kept whole.
 *
 * Slow readers hold up the service: no more is taken from it than they take.
 */

import { JsonPieces, type PiecesListener } from "../json/json-pieces.ts"
import { largeBytes, mayBeLarge, passedOn, type LargeMembers } from "../large-members.ts"
import type { Outline } from "../message.ts"
import { maxDepth, readOutline } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"
import { readString, type RawJson, type RawObject } from "../raw-json.ts"
import type { Flow } from "./response-head.ts"

export type LargeResultOptions = {
  /** Of the request. */
  readonly id: number
  /** @returns undefined where nobody takes them */
  readonly open: () => LargeMembers | undefined
}

const cutOut: RawJson = Buffer.from("null")
/** Each costs a look at what is kept. */
const maxPassed = 8

export class LargeResult implements PiecesListener {
  readonly #options: LargeResultOptions
  readonly #flow: Flow
  readonly #walk = new JsonPieces(this, maxDepth)
  readonly #names: string[] = []
  #kept: Buffer[] = []
  /** Of the member that is being read, as long as it may turn out to be small. */
  #value: Buffer[] | undefined
  #valueBytes = 0
  /** What takes the member that is being read. */
  #taking: LargeMembers | undefined
  #to: LargeMembers | undefined
  #isWhole = false
  #isWaiting = false
  #piece = cutOut
  #from = 0

  constructor(options: LargeResultOptions, flow: Flow) {
    this.#options = options
    this.#flow = flow
  }

  /** @throws ProtocolError */
  push(piece: Buffer): void {
    this.#piece = piece
    this.#from = 0
    if (!this.#isWhole) this.#walk.push(piece)
    this.#takeTo(piece.length)
  }

  /**
   * @returns the answer with a mark for each member that was passed on; or, where none was, all its bytes
   * @throws ProtocolError
   */
  end(): Outline | Buffer {
    if (this.#names.length === 0) return Buffer.concat(this.#kept)
    this.#walk.end()
    const outline = readOutline(Buffer.concat(this.#kept))
    if (outline.kind !== "result" || !isComplete(outline.result)) throw changed()
    const marks = this.#names.map((name) => [name, passedOn] as const)
    return { ...outline, result: new Map([...outline.result, ...marks]) }
  }

  begins(at: number): void {
    if (this.#isWhole) return
    this.#takeTo(at)
    this.#value = []
    this.#valueBytes = 0
  }

  ends(at: number): void {
    if (this.#isWhole) return
    this.#takeTo(at)
    this.#kept.push(...(this.#taking ? [cutOut] : (this.#value ?? [])))
    this.#value = undefined
    this.#taking = undefined
  }

  /** Puts what was walked over to where it belongs. */
  #takeTo(at: number): void {
    const walked = this.#piece.subarray(this.#from, at)
    this.#from = at
    if (this.#taking) this.#pass(this.#taking, walked)
    else if (this.#value === undefined) this.#kept.push(walked)
    else this.#hold(this.#value, walked)
  }

  #hold(value: Buffer[], walked: Buffer): void {
    const wasSmall = this.#valueBytes <= largeBytes
    value.push(walked)
    this.#valueBytes += walked.length
    if (!wasSmall || this.#valueBytes <= largeBytes) return
    this.#taking = this.#takerOf(this.#findName())
    if (this.#taking) for (const held of value.splice(0)) this.#pass(this.#taking, held)
    else if (this.#names.length === 0) this.#keepWhole(value)
  }

  #takerOf(name: string | undefined): LargeMembers | undefined {
    if (name === undefined || this.#names.length === maxPassed) return undefined
    this.#to ??= this.#options.open()
    if (!this.#to) return undefined
    this.#names.push(name)
    this.#to.begin(name)
    return this.#to
  }

  /** The name of the member being read, where it is one of a result that may be passed on. */
  #findName(): string | undefined {
    const text = Buffer.concat([...this.#kept, cutOut, Buffer.from("}}")])
    const valueAt = text.byteOffset + text.length - cutOut.length - 2
    const outline = outlineOf(text)
    if (outline?.kind !== "result" || outline.id.toString() !== String(this.#options.id)) return undefined
    const [name] = [...outline.result].find(([, raw]) => raw.byteOffset === valueAt) ?? []
    return name !== undefined && mayBeLarge(name) && isComplete(outline.result) ? name : undefined
  }

  #keepWhole(value: readonly Buffer[]): void {
    this.#isWhole = true
    this.#kept.push(...value)
    this.#value = undefined
  }

  #pass(to: LargeMembers, piece: Buffer): void {
    if (to.write(piece) || this.#isWaiting) return
    this.#isWaiting = true
    this.#flow.pause()
    to.whenDrained(() => {
      this.#isWaiting = false
      this.#flow.resume()
    })
  }
}

/** Undefined where what is known so far could be no message, or is one in an order that tells too little. */
function outlineOf(text: Buffer): Outline | undefined {
  try {
    return readOutline(text)
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return undefined
    throw thrown
  }
}

/** An answer that asks for something is for the bridge to read. */
function isComplete(result: RawObject): boolean {
  return !result.has("resultType") || readString(result.get("resultType")) === "complete"
}

function changed(): ProtocolError {
  return new ProtocolError("invalid_request", "A result turned out to be none after its content was passed on.")
}
