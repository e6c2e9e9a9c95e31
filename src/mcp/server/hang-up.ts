/** Whether the client of one response has gone before it was answered. */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"
import { Canceller, type Endable } from "../cancellation.ts"

export function hangUpOf(response: ServerResponse): Endable {
  const canceller = new Canceller()
  const hangUp = (): void => canceller.abort(new GatewayError("invalid", "The client closed the stream."))
  if (response.destroyed) hangUp()
  else response.on("close", () => response.writableFinished || hangUp())
  return canceller
}
