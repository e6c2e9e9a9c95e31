/** The misbehaving service as a program: one message a line. */

import { createInterface } from "node:readline"
import { pour, type Hear, type Message, type Mouth, type Unasked } from "./mouth.ts"

let inside = false

const mouth: Mouth = {
  stream: () => {},
  piece: (bytes) => {
    inside = true
    return pour(process.stdout, bytes)
  },
  finish: () => {
    inside = false
    process.stdout.write("\n")
  },
  raw: (bytes) => pour(process.stdout, bytes),
  end: () => process.exit(0),
  get inside() {
    return inside
  },
  get gone() {
    return process.stdout.destroyed
  },
}

/** @param deaf whether what comes is not read any more */
export function serveStdio(hear: Hear, unasked: Unasked, deaf: () => boolean): void {
  process.stdout.on("error", () => {})
  process.stdin.on("error", () => {})
  const lines = createInterface({ input: process.stdin })
  lines.on("line", (line) => {
    const message = JSON.parse(line) as Message
    if (message.method === "notifications/initialized") unasked(mouth)
    else hear(message, mouth)
    if (deaf()) process.stdin.pause()
  })
}
