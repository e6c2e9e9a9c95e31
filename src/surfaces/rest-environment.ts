/** What the REST app is told beside each request. */

import type { Caller } from "../domain/principal.ts"

/** Who was admitted; undefined on the public paths. */
export type RestEnvironment = { readonly Bindings: { readonly caller: Caller | undefined } }
