/** What is printed: who does what, and what comes of it. The same with every run, so that it can be read elsewhere. */

const drawnAnew: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f-]{27}/g, "<id>"],
  [/(?<![\w-])(?:[0-9a-f]{64}|[\w-]{43})(?![\w-])/g, "<digest>"],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>"],
  [/\(in [^)]*\)/g, "(in a while)"],
  [/"[^" ]*\/(node|dist\/index\.js)"/g, '".../$1"'],
]

export class Transcript {
  readonly lines: string[] = []
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  scene(title: string): void {
    this.#add(`${this.lines.length === 0 ? "" : "\n"}${title}`)
  }

  does(who: string, what: string): void {
    this.#add(`  ${who.padEnd(5)} > ${what}`)
  }

  /** @param text of several lines at most as many as shown */
  hears(text: string, maxLines = 4): void {
    const lines = text.split("\n").filter((line) => line.trim() !== "")
    for (const line of lines.slice(0, maxLines)) this.#add(`          ${shortened(withoutDrawn(line.trimEnd()))}`)
    if (lines.length > maxLines) this.#add("          ...")
  }

  #add(text: string): void {
    const line = withoutDrawn(text)
    this.lines.push(line)
    this.#print(line)
  }
}

const width = 150

function withoutDrawn(line: string): string {
  return drawnAnew.reduce((masked, [what, as]) => masked.replaceAll(what, as), line)
}

/** Of a line without what is drawn anew, which is not of the same length with every run. */
function shortened(line: string): string {
  return line.length > width ? `${line.slice(0, width - 3)}...` : line
}
