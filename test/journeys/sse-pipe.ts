/** The old HTTP+SSE transport for a peer: one stream down, a POST for each message up. */
import { eventsOf } from "./event-stream.ts"
import { HttpRefusal } from "./http-pipe.ts"
import type { Pipe } from "./peer.ts"

export type SsePipe = Pipe & {
  /** Where this stream's messages are posted to. */
  readonly endpoint: string
}

export async function ssePipe(url: string, headers: Readonly<Record<string, string>> = {}): Promise<SsePipe> {
  const closed = new AbortController()
  const stream = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: closed.signal })
  if (stream.status !== 200) throw new HttpRefusal(stream.status, await stream.text())
  const events = eventsOf(stream)
  const first = await events.next()
  const endpoint = new URL((first.value as { data: string }).data, url).href
  return {
    endpoint,
    listen: (onMessage) => void deliver(events, onMessage).catch(() => {}),
    send: async (message, signal) => {
      const sending = { "content-type": "application/json", ...headers }
      const answer = await fetch(endpoint, {
        method: "POST",
        headers: sending,
        body: JSON.stringify(message),
        signal: signal ?? null,
      })
      const text = await answer.text()
      if (answer.status >= 300) throw new HttpRefusal(answer.status, text)
    },
    close: async () => closed.abort(),
  }
}

async function deliver(
  events: AsyncGenerator<{ data: string }>,
  onMessage: (text: string) => void,
): Promise<void> {
  for await (const { data } of events) onMessage(data)
}
