/** One client of each era that listens whether the lists of tools change. */

import type { TestContext } from "node:test"
import { bearer, httpPipe } from "./http-pipe.ts"
import { openPeer, type Peer } from "./peer.ts"

export async function openListeners(
  t: TestContext,
  url: string,
  key: string,
): Promise<{ readonly legacy: Peer; readonly modern: Peer }> {
  const pipe = httpPipe(url, bearer(key))
  const legacy = await openPeer(pipe, { era: "legacy" })
  await pipe.openStream()
  const modern = await openPeer(httpPipe(url, bearer(key)))
  modern.call("subscriptions/listen", { notifications: { toolsListChanged: true } }).catch(() => {})
  t.after(() => Promise.all([legacy.close(), modern.close()]))
  await modern.until(({ method }) => method === "notifications/subscriptions/acknowledged")
  return { legacy, modern }
}
