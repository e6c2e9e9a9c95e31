import assert from "node:assert/strict"
import { test } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { GatewayError } from "../src/errors.ts"
import { visibleJson } from "../src/domain/visible-text.ts"
import { bounded, createLog, readable } from "../src/log.ts"

function logging(level: string): { readonly lines: string[]; readonly log: ReturnType<typeof createLog> } {
  const lines: string[] = []
  return { lines, log: createLog({ level }, { write: (line) => void lines.push(line) }) }
}

test("an entry is one line of JSON with its level in a word and its time", () => {
  const { lines, log } = logging("info")
  log.info({ service: "time" }, "started")
  log.debug("left out")
  assert.equal(lines.length, 1)
  const { time, ...rest } = JSON.parse(lines[0] ?? "") as Record<string, unknown>
  assert.deepEqual(rest, { level: "info", service: "time", msg: "started" })
  assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/)
})

test("credentials never reach the log, at the top or within", () => {
  const { lines, log } = logging("info")
  log.info(
    {
      authorization: "hidden1",
      request: { headers: { cookie: "hidden2" } },
      definition: { env: { TOKEN: "hidden3" } },
      apiKey: "hidden4",
    },
    "a request",
  )
  log.error({ err: new GatewayError("invalid", "no", { detail: { password: "hidden5" } }) }, "failed")
  assert.doesNotMatch(lines.join(""), /hidden/)
})

test("no control character of a service reaches a terminal as one", () => {
  const { lines, log } = logging("info")
  log.info({ title: "\u001B]0;owned\u0007" }, "line\r\nnext\u009B2J\u2028")
  const [line = ""] = lines
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(visibleJson(line).slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/)
  assert.equal((JSON.parse(visibleJson(line)) as { msg: string }).msg, "line\r\nnext\u009B2J\u2028")
  const text = stripVTControlCharacters(readable(line))
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(text.slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/)
  assert.match(text, /info {2}line {2}next/)
})

test("what a person reads has the cause below it", () => {
  const { lines, log } = logging("info")
  log.error({ err: new Error("broken"), service: "time" }, "a service failed")
  assert.match(
    stripVTControlCharacters(readable(lines[0] ?? "")),
    /^\d\d:\d\d:\d\d error a service failed service=time\n {4}Error: broken\n/,
  )
})

/** Each could steer a terminal, turn a line around, or hide what it says. */
const unseen = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}]/u
const tricks = [
  "LOG-01 first\r\nsecond",
  "LOG-03 \u001B[2J\u001B]8;;http://x\u0007 \u009B31m \u0000 \u007F",
  "LOG-03 \u202Egnp.exe \u2066 \u200B \u200D \uFEFF \u00AD \u{E0041} \u2028 \u3164",
]

test("LOG-01 LOG-03 what an entry is made of cannot leave its line, steer a terminal or hide", () => {
  const { lines, log } = logging("info")
  for (const trick of tricks) log.warn({ [trick]: 1, service: trick, err: new Error(trick) }, trick)
  assert.equal(lines.length, tricks.length)
  for (const [at, line] of lines.entries()) {
    assert.doesNotMatch(visibleJson(line).slice(0, -1), unseen)
    const { msg, service } = JSON.parse(visibleJson(line)) as Record<string, unknown>
    assert.deepEqual([msg, service], [tricks[at], tricks[at]])
    assert.doesNotMatch(stripVTControlCharacters(readable(line)).replaceAll("\n", ""), unseen)
  }
})

test("LOG-01 a megabyte in any field makes no line longer than 16 KiB, and it stays JSON", () => {
  const { lines, log } = logging("info")
  const long = "\u{1F600}".repeat(500_000)
  log.warn({ service: long }, "short")
  log.warn({ service: "time" }, long)
  log.warn({ err: new Error(long) }, "short")
  log.warn({ [long]: 1 }, "short")
  log.warn({ reasons: Array.from({ length: 100_000 }, () => "many") }, "short")
  for (const line of lines) {
    const shown = bounded(line)
    assert.ok(shown.length <= 16_385, `${shown.length}`)
    const { level, msg } = JSON.parse(shown) as Record<string, string>
    assert.equal(level, "warn")
    assert.ok(msg === "short" || msg?.startsWith("\u{1F600}"))
  }
})
