/**
 * The members of one object as they stand in its text: keys read, values only marked until somebody asks for one, and
 * the text itself at hand for whoever passes the object on unchanged.
 *
 * Who finds the members: json-members.ts. The form in which everybody else knows them: raw-json.ts.
 */

import type { RawJson } from "../raw-json.ts"
import { decodeString } from "./json-string.ts"

/** Further members are walked but not noted (json-members.ts), and the text has a fault. */
export const maxMembers = 10_000

/** So many keys are compared one by one in less time than an index takes to make. */
const maxUnindexed = 12

export class ObjectView implements ReadonlyMap<string, RawJson> {
  // Not hidden: whoever compares two views deeply must see that they differ.
  private readonly bytes: Buffer
  private readonly start: number
  #end: number
  readonly #keys: string[] = []
  /** Of each value the place of its first byte and the place after its last. */
  readonly #places: number[] = []
  #inside: (ObjectView | undefined)[] | undefined
  #index: Map<string, number> | undefined

  constructor(bytes: Buffer, start: number) {
    this.bytes = bytes
    this.start = start
    this.#end = start
  }

  /** The object as it came. */
  get text(): RawJson {
    return this.bytes.subarray(this.start, this.#end)
  }

  /** The place after its last byte. */
  get end(): number {
    return this.#end
  }

  get size(): number {
    return this.#keys.length
  }

  has(key: string): boolean {
    return this.#find(key) >= 0
  }

  get(key: string): RawJson | undefined {
    const at = this.#find(key)
    return at < 0 ? undefined : this.#view(at)
  }

  /** The value of a string member; undefined where it is absent or another kind of value. */
  readString(key: string): string | undefined {
    const at = this.#find(key) * 2
    const start = this.#places[at]
    if (start === undefined || this.bytes[start] !== 0x22) return undefined
    return decodeString(this.bytes, start, this.#places[at + 1] as number)
  }

  /** A member whose own members were noted. */
  inside(key: string): ObjectView | undefined {
    return this.#inside?.[this.#find(key)]
  }

  /** A copy that can be changed, without one of the members. */
  toMap(without?: string): Map<string, RawJson> {
    const members = new Map<string, RawJson>()
    this.#keys.forEach((key, at) => {
      if (key !== without) members.set(key, this.#view(at))
    })
    return members
  }

  /** @returns false where the key came before, so that no value of it counts */
  note(key: string, start: number, end: number, inside?: ObjectView): boolean {
    const known = this.#find(key)
    if (known >= 0) this.#places[known * 2 + 1] = this.#places[known * 2] as number
    if (known >= 0) return false
    const at = this.#keys.push(key) - 1
    this.#places.push(start, end)
    if (inside) (this.#inside ??= [])[at] = inside
    if (this.#index) this.#index.set(key, at)
    else if (at === maxUnindexed) this.#index = new Map(this.#keys.map((each, index) => [each, index]))
    return true
  }

  endAt(end: number): this {
    this.#end = end
    return this
  }

  keys(): MapIterator<string> {
    return this.#keys.values()
  }

  values(): MapIterator<RawJson> {
    return this.toMap().values()
  }

  entries(): MapIterator<[string, RawJson]> {
    return this.toMap().entries()
  }

  [Symbol.iterator](): MapIterator<[string, RawJson]> {
    return this.entries()
  }

  forEach(visit: (raw: RawJson, key: string, members: ReadonlyMap<string, RawJson>) => void): void {
    this.#keys.forEach((key, at) => visit(this.#view(at), key, this))
  }

  #view(at: number): RawJson {
    return this.bytes.subarray(this.#places[at * 2], this.#places[at * 2 + 1])
  }

  #find(key: string): number {
    return this.#index ? (this.#index.get(key) ?? -1) : this.#keys.indexOf(key)
  }
}
