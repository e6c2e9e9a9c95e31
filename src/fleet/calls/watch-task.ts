/** What a service tells of one task of its own accord, for as long as it agrees to and somebody listens. */

import type { Place } from "../../domain/fleet.ts"
import type { Link } from "../../mcp/client/link.ts"
import { clientOf, ownRequest } from "../../mcp/client/service-facts.ts"
import { tasksExtension, type Notification } from "../../mcp/message.ts"
import { toRawObject, type RawJson } from "../../mcp/raw-json.ts"

/** A task by its service's own id, and where it was begun. */
export type WatchedTask = { readonly id: string; readonly place: Place | undefined }

type TaskToWatch = {
  readonly link: Link
  readonly id: string
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
  readonly onNews: (notification: Notification) => void
}

/** How long a service may take to agree. */
const agreeMs = 10_000

/** @returns whether the service agreed */
export async function watchTask(
  { link, id, clientInfo, onNews }: TaskToWatch,
  signal: AbortSignal,
): Promise<boolean> {
  const capabilities = toRawObject({ extensions: { [tasksExtension]: {} } })
  const client = clientOf(link.facts.era, { capabilities, clientInfo })
  const request = ownRequest("subscriptions/listen", client, toRawObject({ notifications: { taskIds: [id] } }))
  const { promise: agreed, resolve } = Promise.withResolvers<boolean>()
  const notify = (notification: Notification): void => {
    if (notification.method !== "notifications/subscriptions/acknowledged") return onNews(notification)
    resolve(notification.params.get("notifications")?.includes(`"taskIds"`) === true)
  }
  // However it ends: a service that knows no subscriptions, a connection that is lost.
  void link.handle(request, { signal, notify }).then(
    () => resolve(false),
    () => resolve(false),
  )
  const late = setTimeout(() => resolve(false), agreeMs).unref()
  return agreed.finally(() => clearTimeout(late))
}
