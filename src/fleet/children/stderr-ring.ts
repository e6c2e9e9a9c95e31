/**
 * The last of what a child wrote to its error output, for whoever asks why it failed. A flood costs one copy into the
 * same 64 KiB; what makes it fit to be read (by people, terminals and models) is done when it is asked for.
 */

import { stripVTControlCharacters } from "node:util"
import { SecretMask } from "../../domain/secrets/secret-mask.ts"

const maxBytes = 64 * 1024
const maxLines = 200

/** Control and invisible characters but the tab: they may move a cursor or hide what a line says. */
const unreadable = /[^\P{C}\t]|[\u2028\u2029]/gu

export class StderrRing {
  readonly #secrets = new SecretMask()
  readonly #bytes = Buffer.alloc(maxBytes)
  /** All that was ever written; the next byte goes to the rest of its division by `maxBytes`. */
  #written = 0

  /** @param secrets values never to be shown, should the child print them */
  constructor(secrets: readonly string[] = []) {
    for (const secret of secrets) this.#secrets.add(secret)
  }

  push(chunk: Buffer): void {
    const kept = chunk.subarray(Math.max(0, chunk.length - maxBytes))
    const start = (this.#written + chunk.length - kept.length) % maxBytes
    const fits = Math.min(kept.length, maxBytes - start)
    kept.copy(this.#bytes, start, 0, fits)
    kept.copy(this.#bytes, 0, fits)
    this.#written += chunk.length
  }

  /** Oldest first, without empty ones. */
  lines(): readonly string[] {
    const lines = this.#secrets.text(this.#text()).split(/\r\n|\r|\n/)
    if (this.#written > maxBytes) lines.shift() // its beginning is overwritten
    return lines
      .map((line) => stripVTControlCharacters(line).replaceAll(unreadable, ""))
      .filter((line) => line.trim() !== "")
      .slice(-maxLines)
  }

  #text(): string {
    if (this.#written <= maxBytes) return this.#bytes.toString("utf8", 0, this.#written)
    const oldest = this.#written % maxBytes
    return Buffer.concat([this.#bytes.subarray(oldest), this.#bytes.subarray(0, oldest)]).toString("utf8")
  }
}
