/**
 * The operational log: what an operator reads when something is wrong. JSON lines on stderr; a short line each where
 * a person is looking. It is no record of who did what.
 */

import { isatty } from "node:tty"
import { styleText } from "node:util"
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino"
import { visibleJson, visibleLine } from "./domain/visible-text.ts"
import { Outlet } from "./log/outlet.ts"

export type Log = Logger

const stderr = 2
const maxLineChars = 16_384
const maxTextChars = 4_096
/** Wherever it stands: at the top of an entry or one or two objects deep. */
const sensitive = ["authorization", "apiKey", "password", "secret", "token", "key", "cookie", "env", "headers"]
const redact = { paths: sensitive.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "***" }

export function createLog({ level }: { readonly level: string }, destination = toStderr()): Log {
  const formatters = { level: (label: string) => ({ level: label }) }
  return pino({ level, redact, base: null, timestamp: stdTimeFunctions.isoTime, formatters }, destination)
}

/** Nothing is lost when the process ends, unless nobody reads it; and nobody who does not is waited for. */
function toStderr(): DestinationStream {
  const render = isatty(stderr) ? readable : visibleJson
  const outlet = new Outlet({
    descriptor: process.stderr.fd, // which also makes writes to a pipe answer instead of waiting
    lossLine: (lost) => render(lossLine(lost)),
  })
  process.once("exit", () => outlet.flush())
  return { write: (line) => outlet.write(render(bounded(line))) }
}

function lossLine(lost: number): string {
  const msg = "Lines of this log were lost, since they were not read in time."
  return `${JSON.stringify({ level: "warn", time: new Date().toISOString(), lost, msg })}\n`
}

/** An entry of usual length as it is; of another, the beginnings of its texts. It stays one line of JSON. */
export function bounded(line: string): string {
  if (line.length <= maxLineChars) return line
  const entry = JSON.parse(line, (_key, value: unknown) => beginningOf(value)) as Readonly<Record<string, unknown>>
  const text = JSON.stringify(entry)
  const { level, time, msg } = entry
  return `${text.length <= maxLineChars ? text : JSON.stringify({ level, time, cutChars: line.length, msg })}\n`
}

function beginningOf(value: unknown): unknown {
  if (typeof value !== "string" || value.length <= maxTextChars) return value
  return `${value.slice(0, maxTextChars)}... (${value.length} characters)`
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
  const words = [typeof msg === "string" ? msg : "", ...facts].map(visibleLine).join(" ")
  const head = `${String(time).slice(11, 19)} ${styleText(color, String(level).padEnd(5), { validateStream: false })} ${words}`
  return `${head}\n${
    cause === undefined
      ? ""
      : `${cause
          .split("\n")
          .map((part) => `    ${visibleLine(part)}`)
          .join("\n")}\n`
  }`
}
