/** What one principal may have open besides calls, in words that say which setting lets it have more. */

import { OpenCounts } from "../../call/open-counts.ts"
import { GatewayError } from "../../errors.ts"

export type OwnLimits = {
  /** Requests and streams over HTTP. */
  readonly requests: OpenCounts
  /** WebSockets, HTTP+SSE streams, streams of events. */
  readonly pipes: OpenCounts
}

type Limits = { readonly streamsPerPrincipal: number; readonly pipesPerPrincipal: number }

export function ownLimits({ streamsPerPrincipal, pipesPerPrincipal }: Limits): OwnLimits {
  return {
    requests: new OpenCounts(streamsPerPrincipal, (max) =>
      tooManyOpen(`${max} requests and streams`, "limits.streamsPerPrincipal"),
    ),
    pipes: new OpenCounts(pipesPerPrincipal, (max) =>
      tooManyOpen(`${max} WebSockets and event streams`, "limits.pipesPerPrincipal"),
    ),
  }
}

function tooManyOpen(what: string, limit: string): GatewayError {
  const text = `You have ${what} open, as many as ${limit} lets you; close some of them first.`
  return new GatewayError("overloaded", text, { detail: { limit }, retryAfterMs: 1_000 })
}
