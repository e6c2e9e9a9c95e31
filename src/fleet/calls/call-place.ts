/** Where a call went: what a service keeps for a caller it may keep behind one connection only. */

import type { Place } from "../../domain/fleet.ts"
import type { Endpoint } from "../links/endpoint.ts"
import type { LinkKey } from "../links/link-key.ts"

export class CallPlace {
  readonly endpoint: Endpoint
  readonly key: LinkKey | undefined

  constructor(endpoint: Endpoint, key: LinkKey | undefined) {
    this.endpoint = endpoint
    this.key = key
  }
}

/** A connection that ended with its session is no place to come back to. */
export function isAt(place: Place | undefined, endpoint: Endpoint): place is CallPlace {
  return place instanceof CallPlace && place.endpoint === endpoint && place.key?.closed?.aborted !== true
}
