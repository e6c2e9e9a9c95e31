/** The description of the REST door: the OpenAPI document and a page to read it with, all served from here. */

import { readFile } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { fileURLToPath } from "node:url"

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>mcp-meta API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/assets/start.js"></script>
  </body>
</html>
`

/** Without a validator: that of Swagger's would be told where this gateway is. */
const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null })\n`

const ofThePage = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

type Page = { readonly headers: Readonly<Record<string, string>>; readonly body: () => Buffer | Promise<Buffer> }

/** From the document, as JSON. */
const pages: ReadonlyMap<string, (document: Buffer) => Page> = new Map<string, (document: Buffer) => Page>([
  ["/openapi.json", (document) => ({ headers: { "content-type": "application/json" }, body: () => document })],
  ["/docs", () => fixed(page, { ...ofThePage, "content-type": "text/html; charset=utf-8" })],
  ["/docs/assets/start.js", () => fixed(start, { "content-type": "text/javascript" })],
  [
    "/docs/assets/swagger-ui.css",
    () => asset("text/css", () => import.meta.resolve("swagger-ui-dist/swagger-ui.css")),
  ],
  [
    "/docs/assets/swagger-ui-bundle.js",
    () => asset("text/javascript", () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")),
  ],
])

/** The paths of all this, which anyone may read. */
export const publicPages: readonly string[] = [...pages.keys()]

/** @returns answers a request for one of the pages; undefined for every other */
export type ServeDocs = (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined

/**
 * Anyone may ask, and as often as they like: so the bytes are made once, and all answers share them. A framework on the
 * way would copy them for each.
 */
export function serveDocs(document: object): ServeDocs {
  const json = Buffer.from(JSON.stringify(document))
  const made = new Map([...pages].map(([path, make]) => [path, make(json)]))
  return ({ method, url = "" }, response) => {
    const found = method === "GET" || method === "HEAD" ? made.get(url.replace(/\?.*$/s, "")) : undefined
    return found && send(response, found, method)
  }
}

async function send(response: ServerResponse, { headers, body }: Page, method: string | undefined): Promise<void> {
  const bytes = await body()
  response.writeHead(200, { ...headers, "content-length": bytes.length })
  response.end(method === "HEAD" ? undefined : bytes)
}

function fixed(text: string, headers: Page["headers"]): Page {
  const bytes = Buffer.from(text)
  return { headers, body: () => bytes }
}

function asset(type: string, url: () => string): Page {
  let reading: Promise<Buffer> | undefined
  const read = (): Promise<Buffer> =>
    readFile(fileURLToPath(url())).catch((thrown: unknown) => {
      reading = undefined // what failed may do the next time
      throw thrown
    })
  return {
    headers: { "content-type": type, "cache-control": "public, max-age=86400" },
    body: () => (reading ??= read()),
  }
}
