/**
 * The operational log: what an operator reads when something is wrong. JSON lines on stderr; a short line each where
 * a person is looking. It is no record of who did what.
 */

import { isatty } from "node:tty"
import { stripVTControlCharacters, styleText } from "node:util"
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino"

export type Log = Logger

const stderr = 2
/** Wherever it stands: at the top of an entry or one or two objects deep. */
const sensitive = ["authorization", "apiKey", "password", "secret", "token", "key", "cookie", "env", "headers"]
const redact = { paths: sensitive.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "***" }

export function createLog({ level }: { readonly level: string }, destination = toStderr()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, redact, base: null, timestamp: stdTimeFunctions.isoTime, formatters }, destination)
}

/** Synchronous, so that nothing is lost when the process ends; a reader that has gone is no reason to. */
function toStderr(): DestinationStream {
  const target = pino.destination({ dest: stderr, sync: true })
  target.on("error", () => {})
  const render = isatty(stderr) ? readable : escaped
  return { write: (line) => void target.write(render(line)) }
}

/** JSON escapes the lower control characters itself; terminals obey the upper ones too. */
export function escaped(line: string): string {
  return line.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

const colors = { trace: "gray", debug: "gray", info: "green", warn: "yellow", error: "red", fatal: "red" } as const

/** `12:30:01 warn  the message service=time`. JSON has escaped control characters; reading it brings them back. */
export function readable(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Readonly<Record<string, unknown>>
  const color = colors[String(level) as keyof typeof colors] ?? "gray"
  const facts = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  )
  const cause = (err as { readonly stack?: string } | undefined)?.stack
  const words = [typeof msg === "string" ? msg : "", ...facts].map(oneLine).join(" ")
  const head = `${String(time).slice(11, 19)} ${styleText(color, String(level).padEnd(5), { validateStream: false })} ${words}`
  return `${head}\n${
    cause === undefined
      ? ""
      : `${cause
          .split("\n")
          .map((part) => `    ${oneLine(part)}`)
          .join("\n")}\n`
  }`
}

function oneLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u2028\u2029]/gu, " ")
}
