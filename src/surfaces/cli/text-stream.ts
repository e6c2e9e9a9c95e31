/** A streamed operation on the command line: its pages to stdout, each when the one before is through. */

import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { visibleText } from "../../domain/visible-text.ts"
import type { TextStream } from "../../operations/operation.ts"
import { textPages, type TextPage } from "../rest/text-pages.ts"
import { exitCodes } from "./commands.ts"

/** @returns the exit code */
export async function printPages(
  stream: TextStream,
  input: TextPage,
  ask: (input: TextPage) => Promise<TextPage>,
): Promise<number> {
  const { stdout } = process
  async function* texts(): AsyncGenerator<string, void, undefined> {
    for await (const { text } of textPages(stream, input, ask)) yield stdout.isTTY ? visibleText(text) : text
  }
  try {
    await pipeline(Readable.from(texts(), { highWaterMark: 1 }), stdout, { end: false })
  } catch (thrown) {
    // Whoever reads, `head` for one, has had enough
    if ((thrown as NodeJS.ErrnoException).code !== "EPIPE") throw thrown
  }
  return exitCodes.fine
}
