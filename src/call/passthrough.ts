/**
 * Methods that the specification does not name: a service's own, which its file lets through. They are granted and
 * recorded as a tool named like the method would be, and relayed within an era as they are.
 */

import type { Catalog } from "../domain/catalog.ts"
import { compilePatterns } from "../domain/pattern.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import { isOfSpecification } from "../mcp/message.ts"
import { mayUse } from "./authorize.ts"
import type { CallRequest } from "./call.ts"
import type { Known } from "./resolve.ts"
import { unknownTarget, type MethodTarget } from "./target.ts"

type LetThrough = { readonly service: string; readonly lets: (method: string) => boolean }

const letThrough = new WeakMap<Catalog, readonly LetThrough[]>()

/** The services that may be meant, at this endpoint and for this principal. */
export function servicesFor(known: Known, principal: ActivePrincipal, call: CallRequest): readonly string[] {
  const { catalog } = known
  const { method, client } = call.request
  if (isOfSpecification(method)) return []
  return compile(catalog)
    .filter(({ service, lets }) => (call.mount ?? service) === service && lets(method))
    .map(({ service }) => service)
    .filter((service) => catalog.offers.get(service)?.era === client.era)
    .filter((service) => mayUse(known, principal, call, methodEntry(service, method)))
}

function compile(catalog: Catalog): readonly LetThrough[] {
  const compiled =
    letThrough.get(catalog) ??
    [...catalog.offers.values()]
      .filter(({ terms }) => terms.passthrough.length > 0)
      .map(({ service, terms }) => ({ service, lets: compilePatterns(terms.passthrough) }))
  letThrough.set(catalog, compiled)
  return compiled
}

/** @throws GatewayError `not_found`; `invalid` where several services could be meant */
export function resolveMethod(known: Known, principal: ActivePrincipal, call: CallRequest): MethodTarget {
  const { method } = call.request
  const asked = { kind: "method", name: method } as const
  const [service, ...others] = servicesFor(known, principal, call)
  if (service === undefined) throw unknownTarget(asked)
  if (others.length > 0) throw ambiguous(method, [service, ...others])
  return { kind: "method", asked, entry: methodEntry(service, method) }
}

function methodEntry(service: string, method: string): MethodTarget["entry"] {
  return { kind: "tools", service, canonicalName: nameOf(service, method) }
}

/** What grants and the record call it. */
function nameOf(service: string, method: string): string {
  return `${service}__${method}`
}

function ambiguous(method: string, services: readonly string[]): GatewayError {
  const paths = services.slice(0, 10).map((service) => `/mcp/${service}`)
  const message = `Several services have ${method}; send it to ${paths.join(" or ")}.`
  return new GatewayError("invalid", message, { detail: { services: services.slice(0, 10) } })
}
