/**
 * What a service says ahead of its answer, as the caller wants to hear it: progress under the caller's own token, log
 * messages from the level asked for.
 */

import { cancellationOf } from "../cancellation.ts"
import { logLevels, type Exchange, type Notification, type Request } from "../message.ts"
import { readLogLevel } from "../meta.ts"
import { withMembers, type RawObject } from "../raw-json.ts"

export function relay(request: Request, exchange: Exchange, notification: Notification): void {
  const heard = asHeard(request, notification)
  if (heard && !cancellationOf(exchange).aborted) exchange.notify(heard)
}

function asHeard(request: Request, notification: Notification): Notification | undefined {
  const { method, params } = notification
  if (method === "notifications/message") return wantsLog(request, params) ? notification : undefined
  if (method !== "notifications/progress") return notification
  return request.progressToken && { method, params: withMembers(params, { progressToken: request.progressToken }) }
}

function wantsLog({ logLevel, client }: Request, params: RawObject): boolean {
  if (logLevel === undefined) return client.era === "legacy"
  const level = readLogLevel(params.get("level"))
  return level !== undefined && logLevels.indexOf(level) >= logLevels.indexOf(logLevel)
}
