/**
 * Makes a link to a service: finds out its era, introduces us where the era wants that, and has it all done within one
 * deadline. A hint saves the detour; one that is wrong costs it.
 *
 * How the era is told: probe.ts. By transport: connect-channel.ts, connect-http.ts.
 */

import { GatewayError } from "../../errors.ts"
import type { Channel } from "../channels/channel.ts"
import { connectChannel } from "./connect-channel.ts"
import { connectHttp } from "./connect-http.ts"
import type { HttpTarget } from "./http-client.ts"
import type { Link, LinkOptions } from "./link.ts"

export type LinkTarget =
  /** `open` starts the service anew each time: a child that the probe has ended is started a second time. */
  { readonly kind: "channel"; readonly open: () => Promise<Channel> } | ({ readonly kind: "http" } & HttpTarget)

/**
 * @throws GatewayError `timeout`, `service_unavailable`, `invalid` for a url that cannot be. `detail.hint` is `sse` where
 *   the service may be one of the old HTTP+SSE transport.
 */
export async function connectLink(target: LinkTarget, options: LinkOptions): Promise<Link> {
  const { connectTimeoutMs } = options
  const deadline = new AbortController()
  const late = new GatewayError("timeout", `The service was not ready within ${connectTimeoutMs} ms; see its log.`)
  const timer = setTimeout(() => deadline.abort(late), connectTimeoutMs)
  try {
    if (target.kind === "http") return await connectHttp(target, options, deadline.signal)
    return await connectChannel(target.open, options, deadline.signal)
  } finally {
    clearTimeout(timer)
  }
}
