/** Every route that the gateway has, from the tables that it is served from, and how a request of each is written. */
import { OpenCounts } from "../../src/call/open-counts.ts"
import { createMemoryEvents } from "../../src/stores/memory/events.ts"
import { operations } from "../../src/operations/index.ts"
import { doorRoutes } from "../../src/surfaces/http/http-routes.ts"
import { createRest } from "../../src/surfaces/rest/rest.ts"

/** Without what stands behind it: only its routes are read. */
function restPaths(): readonly string[] {
  const nobody = (): never => {
    throw new Error("Nothing is served here.")
  }
  const app = createRest({
    operations,
    version: "0",
    bodyBytes: 0,
    events: createMemoryEvents(),
    log: { error: () => {} },
    pipes: new OpenCounts(0, nobody),
    stopping: AbortSignal.abort(),
    authenticate: nobody,
    perform: nobody,
    call: nobody,
    onListening: nobody,
  })
  // What is for every path is no route.
  return app.routes.map(({ path }) => path).filter((path) => path !== "/*")
}

/** With members such as `:name`, each once. */
export const routePaths: readonly string[] = [
  ...new Set([...doorRoutes.map(({ path }) => path), ...restPaths()]),
].sort()

/** As a request names it. */
export function pathFor(route: string, member: string): string {
  return route.replaceAll(/:\w+/g, member)
}
