/**
 * One form for all spellings of a URI that a service may take for the same: readers of URIs undo escapes, cut what
 * stands behind `#` and `?`, and take the letters of either case, many slashes, dots and backslashes as they see fit. Two
 * URIs of one form need not be the same; it is for refusing.
 *
 * @see RFC 3986 section 6.2
 */

export type CanonicalUri = {
  /** Scheme, authority and path, without what may be left out of either. */
  readonly place: string
  /** What stands behind `?`, by its members. */
  readonly asked: ReadonlySet<string>
}

export function canonicalUri(uri: string): CanonicalUri {
  const folded = decoded(URL.parse(uri)?.href ?? uri.trim())
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFC")
    .replaceAll(/\p{Cc}/gu, "")
    .replaceAll("\\", "/")
  const [before = ""] = folded.split("#", 1)
  const end = before.indexOf("?")
  const asked = end < 0 ? "" : before.slice(end + 1)
  return {
    place: placeOf(end < 0 ? before : before.slice(0, end)),
    asked: new Set(asked.split(/[&;]/).filter(Boolean)),
  }
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

function placeOf(text: string): string {
  const [, scheme = "", rest = text] = /^([^:/]*:)(.*)$/s.exec(text) ?? []
  const segments = withoutDots(rest.split("/"))
  const [host, ...path] = segments
  return scheme + (host === undefined ? "" : [plainHost(host), ...path].join("/"))
}

function withoutDots(segments: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (const segment of segments) {
    if (segment === "..") kept.pop()
    else if (segment !== "" && segment !== ".") kept.push(segment)
  }
  return kept
}

/** Without user, without a port that is not there, without the dot of the root. */
function plainHost(host: string): string {
  return host.slice(host.lastIndexOf("@") + 1).replace(/\.?:?$/, "")
}
