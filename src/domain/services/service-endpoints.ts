/** Where a service over the network is, as its file says: its endpoints, how calls are spread over them, where they may be. */

import type { ServiceFile } from "./service-file.ts"
import { wrongService } from "./service-problem.ts"
import type { UrlService } from "./service.ts"

const schemes = {
  http: /^(?:https?:|unix:|\$)/i,
  sse: /^(?:https?:|unix:|\$)/i,
  websocket: /^(?:wss?:|unix:|\$)/i,
}

/** @throws GatewayError `invalid` */
export function readEndpoints(
  name: string,
  type: UrlService["type"],
  file: ServiceFile,
): Pick<UrlService, "endpoints" | "balance" | "network"> {
  if (file.url !== undefined && file.endpoints) throw wrongService(name, 'Give "url" or "endpoints", not both.')
  const written = file.endpoints ?? (file.url === undefined ? [] : [{ url: file.url }])
  if (written.length === 0)
    throw wrongService(name, `A service of type ${type} needs the field "url" or "endpoints".`)
  const endpoints = written.map(({ url, weight = 1, region = file.region }) => ({ url, weight, region }))
  if (endpoints.some(({ url }) => !schemes[type].test(url)))
    throw wrongService(name, `A URL does not fit type ${type}; correct the one or the other.`)
  if (endpoints.every(({ weight }) => weight === 0))
    throw wrongService(name, "Every endpoint has weight 0; give one of them more.")
  const weighted = endpoints.some(({ weight }) => weight !== endpoints[0]?.weight)
  const network = file.network && { allow: file.network.allow, http: file.network.http ?? false }
  return { endpoints, balance: file.balance ?? (weighted ? "weighted" : "round_robin"), network }
}
