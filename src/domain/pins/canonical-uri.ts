/**
 * One form for all spellings of a URI that a service may take for the same: readers of URIs undo escapes, cut what
 * stands behind `#` and `?`, and take the letters of either case, many slashes, dots and backslashes as they see fit. Two
 * URIs of one form need not be the same; it is for refusing.
 *
 * @see RFC 3986 section 6.2
 */

export type CanonicalUri = {
  /**
   * Scheme, authority and path, without what may be left out of either. Several, where readers do not agree on what
   * `..` takes away: what stands behind `//` is the start of a path to some.
   */
  readonly places: ReadonlySet<string>
  /** What stands behind `?`, by its members. */
  readonly asked: ReadonlySet<string>
}

export function canonicalUri(uri: string): CanonicalUri {
  const read = partsOf(folded(URL.parse(uri)?.href ?? uri.trim()))
  const written = partsOf(folded(uri.trim()))
  const places = [read, written].flatMap(({ place }) => placesOf(place))
  return { places: new Set(places), asked: new Set(read.asked.split(/[&;]/).map(plainMember).filter(Boolean)) }
}

/** Whether it has `..` in its path, however that is written. */
export function climbs(uri: string): boolean {
  return partsOf(folded(uri)).place.split("/").includes("..")
}

function folded(uri: string): string {
  return decoded(uri)
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFC")
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, "")
    .replaceAll("\\", "/")
}

function partsOf(text: string): { readonly place: string; readonly asked: string } {
  const [before = ""] = text.split("#", 1)
  const end = before.indexOf("?")
  return end < 0 ? { place: before, asked: "" } : { place: before.slice(0, end), asked: before.slice(end + 1) }
}

/** As forms are read: `+` is a space, and nothing behind `=` is nothing. */
function plainMember(member: string): string {
  return member.replaceAll("+", " ").replace(/=$/, "")
}

/** Some services undo what they were given once more. */
const maxRounds = 4

function decoded(text: string): string {
  let now = text
  for (let round = 0; round < maxRounds && now.includes("%"); round++)
    now = now.replaceAll(/(?:%[\da-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll("%", ""), "hex").toString(),
    )
  return now
}

/** Of files many readers look at the path alone, whatever host is named. */
const fileOnHost = /^(file:)\/\/[^/]+(?=\/)/

function placesOf(text: string): readonly string[] {
  const [, scheme = "", rest = text] = /^([^:/]*:)(.*)$/s.exec(text) ?? []
  const segments = rest.split("/")
  const places = [0, 1].map((kept) => placeOf(scheme, withoutDots(segments, kept)))
  return fileOnHost.test(text) ? [...places, ...placesOf(text.replace(fileOnHost, "$1"))] : places
}

function placeOf(scheme: string, [host, ...path]: readonly string[]): string {
  return scheme + (host === undefined ? "" : [plainHost(host), ...path].join("/"))
}

/** @param least how many of the first stay, whatever follows */
function withoutDots(segments: readonly string[], least: number): readonly string[] {
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === "..") kept.length = Math.max(Math.min(kept.length, least), kept.length - 1)
    else if (segment !== "" && segment !== ".") kept.push(segment)
  }
  return kept
}

/** Without user, without a port that is not there, without the dot of the root. */
function plainHost(host: string): string {
  return host.slice(host.lastIndexOf("@") + 1).replace(/\.?:?$/, "")
}
