/**
 * Members of a result that are too large to be held: they go ahead of the answer to whoever asked, piece by piece, as
 * they come from the service. In the answer itself a mark stands for each of them, so that all who deal with answers
 * deal with the small members as ever. What was passed on counts for nothing until the rest has followed.
 *
 * Who finds them in the bytes: client/large-result.ts. Who takes them: server/large-reply.ts.
 */

import { objectPieces, type RawJson, type RawObject } from "./raw-json.ts"

/** Where they go, one after another. Who sends them a call at a time waits while it is slow. */
export interface LargeMembers {
  /** The pieces that follow are the value of this member. */
  begin(name: string): void
  /** @returns whether it wants more at once */
  write(piece: Buffer): boolean
  /** Calls back when it wants more. */
  whenDrained(go: () => void): void
}

/** A member with more bytes than that is large. */
export const largeBytes = 262_144

/** Stands in a result for a member that went ahead; known by its identity. */
export const passedOn: RawJson = Buffer.from("null")

/** Requests whose results may hold large members. Those of others are read on their way. */
export const largeMethods: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"])

/** Members that somebody on the way reads or writes. */
const read = new Set("_meta resultType ttlMs cacheScope isError inputRequests requestState taskId task".split(" "))

export function mayBeLarge(name: string): boolean {
  return !read.has(name)
}

/** The members in the order in which they go out when the large ones go ahead. */
export function largeFirst(members: RawObject): RawObject {
  const large = [...members].filter(([name, raw]) => raw.length > largeBytes && mayBeLarge(name))
  return large.length === 0 ? members : new Map([...large, ...members])
}

/** The names of those that went ahead. */
export function passedIn(members: RawObject): readonly string[] {
  return [...members].filter(([, raw]) => raw === passedOn).map(([name]) => name)
}

/** The text from behind the members that went ahead to the end of the object. */
export function restPieces(members: RawObject): readonly Buffer[] {
  const rest = new Map([...members].filter(([, raw]) => raw !== passedOn))
  const [first = Buffer.alloc(0), ...others] = objectPieces(rest)
  return rest.size === 0 ? [Buffer.from("}")] : [Buffer.from(","), first.subarray(1), ...others]
}

/** The text before the value of the `index`th of them. */
export function openingOf(name: string, index: number): Buffer {
  return Buffer.from(`${index === 0 ? "{" : ","}${JSON.stringify(name)}:`)
}
