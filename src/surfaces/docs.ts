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

const security = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
}

type Asset = { readonly type: string; readonly url: () => string }

const assets = new Map<string, Asset>([
  ["swagger-ui.css", { type: "text/css", url: () => import.meta.resolve("swagger-ui-dist/swagger-ui.css") }],
  [
    "swagger-ui-bundle.js",
    { type: "text/javascript", url: () => import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js") },
  ],
])

export function addDocs(app: Hono<RestEnvironment>, document: object): void {
  app.get("/openapi.json", (context) => context.json(document))
  app.get("/docs", (context) => context.html(page, 200, security))
  app.get("/docs/assets/start.js", (context) => context.body(start, 200, { "content-type": "text/javascript" }))
  app.get("/docs/assets/:file", async (context) => {
    const file = context.req.param("file")
    const asset = assets.get(file)
    if (!asset) return context.notFound()
    const bytes = await readFile(fileURLToPath(asset.url()))
    return context.body(new Uint8Array(bytes), 200, {
      "content-type": asset.type,
      "cache-control": "public, max-age=86400",
    })
  })
}
