/**
 * Serves requests of `node:http` by the REST app (rest.ts). App and framework are loaded with the first of them, since
 * a gateway that serves MCP alone needs neither.
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import type { Caller } from "../domain/principal.ts"
import type { RestOptions } from "./rest.ts"

/** @param caller undefined on public paths */
export type RestListener = (
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller | undefined,
) => Promise<void>

export function listenForRest(options: RestOptions): RestListener {
  let loading: Promise<RestListener> | undefined
  return async (request, response, caller) => {
    const serve = await (loading ??= load(options))
    await serve(request, response, caller)
  }
}

async function load(options: RestOptions): Promise<RestListener> {
  const [{ getRequestListener }, { createRest }] = await Promise.all([
    import("@hono/node-server"),
    import("./rest.ts"),
  ])
  const rest = createRest(options)
  return async (request, response, caller) => {
    const fetch = (fetched: Request): Response | Promise<Response> => rest.fetch(fetched, { caller })
    await getRequestListener(fetch, { overrideGlobalObjects: false })(request, response)
  }
}
