/**
 * Serves requests of `node:http` by the REST app (rest.ts). App and framework are loaded with the first of them, since
 * a gateway that serves MCP alone needs neither.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { BodyRoom } from "../../mcp/server/body-room.ts"
import type { RestOptions } from "./rest.ts"
import type { RestEnvironment } from "./rest-environment.ts"

/** Who sends a request, undefined on public paths, and from which address. */
type From = Pick<RestEnvironment["Bindings"], "caller" | "source">

export type RestListener = (request: IncomingMessage, response: ServerResponse, from: From) => Promise<void>

type Options = RestOptions & { readonly room: BodyRoom }

export function listenForRest(options: Options): RestListener {
  let loading: Promise<RestListener> | undefined
  return async (request, response, from) => {
    const serve = await (loading ??= load(options))
    await serve(request, response, from)
  }
}

async function load(options: Options): Promise<RestListener> {
  const [{ getRequestListener }, { createRest }, { serveDocs }, { openApiDocument }] = await Promise.all([
    import("@hono/node-server"),
    import("./rest.ts"),
    import("./docs.ts"),
    import("./openapi.ts"),
  ])
  const rest = createRest(options)
  const docs = serveDocs(openApiDocument(options.operations, options.version))
  return async (request, response, from) => {
    const served = docs(request, response)
    if (served) return served
    const held = { room: options.room, principal: from.caller?.principalId ?? "", until: response }
    const fetch = (fetched: Request): Response | Promise<Response> => rest.fetch(fetched, { ...from, held })
    await getRequestListener(fetch, { overrideGlobalObjects: false })(request, response)
  }
}
