import assert from "node:assert/strict"
import { test } from "node:test"
import { stripVTControlCharacters } from "node:util"
import { GatewayError } from "../src/errors.ts"
import { createLog, escaped, readable } from "../src/log.ts"

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
  assert.doesNotMatch(escaped(line).slice(0, -1), /[\u0000-\u001f\u007f-\u009f\u2028]/)
  assert.equal((JSON.parse(escaped(line)) as { msg: string }).msg, "line\r\nnext\u009B2J\u2028")
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
