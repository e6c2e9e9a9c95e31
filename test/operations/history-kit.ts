/** What the tests of history and of taking back have in common. */

import type { Kit } from "./operations-kit.ts"

/** Nothing listens there, and nothing has to: what is asked for is the files. */
export const nowhere = { url: "http://127.0.0.1:9/mcp", enabled: false }

/** The services as their files have them. */
export function raws(kit: Kit): Readonly<Record<string, unknown>> {
  return Object.fromEntries(kit.services.list().map(({ definition, raw }) => [definition.name, raw]))
}
