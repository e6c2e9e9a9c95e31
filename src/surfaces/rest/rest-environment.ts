/** What the REST app is told beside each request. */

import type { Caller } from "../../domain/principal.ts"
import type { Held } from "../../mcp/server/body-room.ts"

export type RestEnvironment = {
  readonly Bindings: {
    /** Who was admitted; undefined on the public paths. */
    readonly caller: Caller | undefined
    /** The network address that it comes from. */
    readonly source: string | undefined
    /** Where its body is counted. */
    readonly held?: Held
  }
}
