/**
 * How a value that was given in confidence may come back: as it is, or in the forms in which headers, URLs, JSON and
 * logs carry it. Whoever wants to hide it from us has more of them; this is about those who quote it.
 */

/** Shorter runs of base64 are found in anything. */
const shortestEncoded = 12
/** Of a secret of several lines, such as a key, each of this length is one by itself. */
const shortestLine = 16
/** How the lines around a key in PEM begin, which are the same for all. */
const around = "-----"

/** Longest first: one that holds another would leave its rest behind. */
export function spellingsOf(secret: string): readonly string[] {
  const lines = secret.includes("\n") ? secret.split(/\r?\n/).filter(isSecretLine) : []
  const texts = [secret, ...lines, escaped(secret)]
  const spelt = texts.flatMap((text) => [text, ...inJson(text), inUrl(text), ...inBase64(text)])
  return [...new Set(spelt)].sort((one, other) => other.length - one.length)
}

function isSecretLine(line: string): boolean {
  return line.length >= shortestLine && !line.startsWith(around)
}

/** As most write it, as those do who escape more than they must; and each of these within JSON within JSON. */
function inJson(text: string): readonly string[] {
  const plain = escaped(text)
  const forms = [plain, plain.replaceAll("/", "\\/"), plain.replaceAll(/[\u0080-\uffff]/g, unicodeEscape)]
  const within = forms.map(escaped)
  return [...forms, ...within, ...within.map(escaped)]
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`
}

function inUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** What is the same wherever the secret stands in what was encoded: the whole groups of three bytes within it. */
function inBase64(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((skipped) => {
    const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3))
    const encoded = whole.toString("base64")
    return encoded.length >= shortestEncoded ? [encoded, whole.toString("base64url")] : []
  })
}
