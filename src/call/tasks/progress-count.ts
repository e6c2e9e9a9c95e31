/** Progress must only grow: the count goes on where the service's own ended. */

import { withNotify } from "../../mcp/exchange.ts"
import type { Exchange } from "../../mcp/message.ts"
import { fromRaw } from "../../mcp/raw-json.ts"

export function countProgress(exchange: Exchange): { readonly exchange: Exchange; readonly next: () => number } {
  let last = 0
  const notify: Exchange["notify"] = (notification) => {
    const raw = notification.method === "notifications/progress" ? notification.params.get("progress") : undefined
    const progress = raw && fromRaw(raw)
    if (typeof progress === "number") last = Math.max(last, progress)
    exchange.notify(notification)
  }
  return { exchange: withNotify(exchange, notify), next: () => (last += 1) }
}
