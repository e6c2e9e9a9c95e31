/** A receiver of webhooks that answers as a test wants. */

import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"
import { keysOf, linesOf } from "./sinks-kit.ts"

export type Post = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string }
type Answer = (
  post: Post,
  count: number,
  response: ServerResponse,
) => number | undefined | Promise<number | undefined>

type Receiver = { readonly url: string; readonly port: number; readonly posts: Post[]; close(): Promise<void> }

/** `answer` says with what status; undefined where it answers itself. */
export async function receiver(t: TestContext, answer: Answer = () => 204, port = 0): Promise<Receiver> {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    void read(request).then(async (body) => {
      const post = { headers: request.headers, body, path: request.url ?? "" }
      const status = await answer(post, posts.length, response)
      if (status !== undefined) response.writeHead(status).end()
      if (status !== undefined && status < 300) posts.push(post)
    })
  })
  await once(server.listen(port, "127.0.0.1"), "listening")
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    await once(server.close(), "close")
  }
  t.after(close)
  const { port: bound } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${bound}/in?for=audit`, port: bound, posts, close }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return ""
  }
  return Buffer.concat(chunks).toString()
}

export function keysIn(posts: readonly Post[]): readonly string[] {
  return keysOf(posts.flatMap(({ body }) => linesOf(body)))
}
