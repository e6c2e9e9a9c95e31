/** The text of a streamed operation, page after page: each is asked for when the one before has been taken. */

import { GatewayError } from "../../errors.ts"
import type { TextStream } from "../../operations/operation.ts"

export type TextPage = Readonly<Record<string, unknown>>

type Ask = (input: TextPage) => Promise<TextPage>

/** @throws GatewayError what asking throws */
export async function* textPages(
  { textMember }: TextStream,
  input: TextPage,
  ask: Ask,
): AsyncGenerator<{ readonly page: TextPage; readonly text: string }, void, undefined> {
  let cursor = input["cursor"]
  do {
    const page = await ask(cursor === undefined ? input : { ...input, cursor })
    const next = page["nextCursor"]
    // A page that leads to itself would never end
    if (next !== undefined && next === cursor) throw new GatewayError("internal", "A page leads to itself.")
    yield { page, text: String(page[textMember]) }
    cursor = next
  } while (cursor !== undefined)
}
