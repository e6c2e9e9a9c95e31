/**
 * A streamed operation over REST, for clients that accept text rather than JSON: its pages as one body. The operation is
 * performed anew for each page, so that whoever loses the right to it loses the rest; and only when the client has
 * taken the page before. A body that cannot be finished is cut off, never ended as if it were whole.
 */

import { accepts } from "hono/accepts"
import type { Context } from "hono"
import { GatewayError } from "../../errors.ts"
import type { TextStream } from "../../operations/operation.ts"
import { textPages, type TextPage } from "./text-pages.ts"

const json = "application/json"
export const streamedTypes = ["application/x-ndjson", "text/plain"] as const

/** Nobody would ever read, or end, a body behind the answer to HEAD. */
export function wantsText(context: Context): boolean {
  if (context.req.raw.method === "HEAD") return false
  return accepts(context, { header: "Accept", supports: [json, ...streamedTypes], default: json }) !== json
}

const maxStreams = 64
/** How long a client may leave a page untaken. */
const maxIdleMs = 300_000
const encoder = new TextEncoder()

let open = 0

export type StreamedText = {
  readonly stream: TextStream
  readonly input: TextPage
  /** Performs the operation once. */
  readonly ask: (input: TextPage, signal: AbortSignal) => Promise<TextPage>
  /** Told of what cuts off a body that has begun. */
  readonly onFailure: (error: GatewayError) => void
}

type TextBody = { readonly body: ReadableStream<Uint8Array>; readonly contentType: string }

/** @throws GatewayError what the first page throws, and `overloaded` */
export async function streamText(request: Request, streamed: StreamedText): Promise<TextBody> {
  if (open >= maxStreams) throw new GatewayError("overloaded", `${maxStreams} texts are being streamed already.`)
  const leaving = new AbortController()
  const signal = AbortSignal.any([request.signal, leaving.signal])
  const pages = textPages(streamed.stream, streamed.input, (input) => streamed.ask(input, signal))
  const first = await pages.next()
  if (first.done) throw new GatewayError("internal", "A streamed operation has no page.")
  const body = bodyOf(first.value.text, pages, { leaving, onFailure: streamed.onFailure })
  return { body, contentType: streamed.stream.contentType(first.value.page) }
}

type Ends = { readonly leaving: AbortController; readonly onFailure: StreamedText["onFailure"] }

function bodyOf(
  firstText: string,
  pages: ReturnType<typeof textPages>,
  { leaving, onFailure }: Ends,
): ReadableStream<Uint8Array> {
  open += 1
  let waiting: string | undefined = firstText
  let idle: NodeJS.Timeout | undefined
  const end = (): void => {
    if (leaving.signal.aborted) return
    clearTimeout(idle)
    leaving.abort()
    open -= 1
  }
  const cutOff = (controller: ReadableStreamDefaultController<Uint8Array>, thrown: unknown): void => {
    if (leaving.signal.aborted) return
    end()
    onFailure(GatewayError.from(thrown))
    // What serves the body prints its error: the cause has its place in the log
    controller.error(new Error("A streamed text was cut off."))
  }
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    clearTimeout(idle)
    const text = waiting ?? (await pages.next()).value?.text
    waiting = undefined
    if (leaving.signal.aborted) return
    if (text === undefined) {
      end()
      return controller.close()
    }
    controller.enqueue(encoder.encode(text))
    idle = setTimeout(() => cutOff(controller, idleTooLong()), maxIdleMs).unref()
  }
  return new ReadableStream<Uint8Array>(
    { pull: (controller) => pull(controller).catch((thrown: unknown) => cutOff(controller, thrown)), cancel: end },
    { highWaterMark: 0 },
  )
}

function idleTooLong(): GatewayError {
  return new GatewayError("timeout", `The client read nothing for ${maxIdleMs / 60_000} min.`)
}
