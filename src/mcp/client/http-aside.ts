/**
 * Sends what is not answered: notifications, answers to a service's questions, the end of a session.
 */

import { GatewayError } from "../../errors.ts"
import type { HttpClient, HttpRequest } from "./http-client.ts"
import { refusal, refusalOf } from "./http-refusal.ts"
import type { ResponseHead } from "./response-head.ts"

type AsideOptions = {
  readonly timeoutMs: number
  readonly look?: (head: ResponseHead) => GatewayError | undefined
}

/** Resolves when the service has taken it. @throws GatewayError `service_unavailable` or `timeout` */
export function deliverAside(
  client: HttpClient,
  request: HttpRequest,
  { timeoutMs, look }: AsideOptions,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    sending.abort()
    reject(new GatewayError("timeout", `The service did not take a message within ${timeoutMs} ms.`))
  }, timeoutMs)
  const sending = client.send(request, {
    head: (head) => {
      const refused =
        look?.(head) ??
        refusalOf(head) ??
        (head.status >= 400 ? refusal(head, "The service refused a message") : undefined)
      if (refused) throw refused
      sending.finish()
      resolve()
    },
    data: () => {},
    end: () => {},
    fail: reject,
  })
  return promise.finally(() => clearTimeout(timer))
}
