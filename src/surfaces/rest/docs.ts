/** The description of the REST door: the OpenAPI document and a page to read it with, all served from here. */

import type { Hono } from "hono"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import type { RestEnvironment } from "./rest-environment.ts"

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

type Page = (document: object) => Response | Promise<Response>

const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  ["/openapi.json", (document) => Response.json(document)],
  ["/docs", () => new Response(page, { headers: { ...ofThePage, "content-type": "text/html; charset=utf-8" } })],
  ["/docs/assets/start.js", () => new Response(start, { headers: { "content-type": "text/javascript" } })],
  ["/docs/assets/swagger-ui.css", asset("text/css", () => import.meta.resolve("swagger-ui-dist/swagger-ui.css"))],
  [
    "/docs/assets/swagger-ui-bundle.js",
    asset("text/javascript", () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")),
  ],
])

/** The paths of all this, which anyone may read. */
export const publicPages: readonly string[] = [...pages.keys()]

export function addDocs(app: Hono<RestEnvironment>, document: object): void {
  for (const [path, answer] of pages) app.get(path, () => answer(document))
}

function asset(type: string, url: () => string): Page {
  return async () => {
    const bytes = await readFile(fileURLToPath(url()))
    const headers = { "content-type": type, "cache-control": "public, max-age=86400" }
    return new Response(new Uint8Array(bytes), { headers })
  }
}
