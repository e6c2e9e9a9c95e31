/** The events of a `text/event-stream` response, as far as the tests need them. */

export type StreamEvent = { readonly event: string; readonly data: string }

export async function* eventsOf({ body }: Response): AsyncGenerator<StreamEvent> {
  let rest = ""
  const decoder = new TextDecoder()
  for await (const chunk of body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true })
    const blocks = rest.split("\n\n")
    rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const event = read(block)
      if (event) yield event
    }
  }
}

function read(block: string): StreamEvent | undefined {
  const fields = block.split(/\r?\n/).map((line) => /^([a-z]+): ?([^]*)$/.exec(line)?.slice(1) ?? [])
  const data = fields.filter(([name]) => name === "data").map(([, value]) => value)
  if (data.length === 0) return undefined
  return { event: fields.find(([name]) => name === "event")?.[1] ?? "message", data: data.join("\n") }
}
