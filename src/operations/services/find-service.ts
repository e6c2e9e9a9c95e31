/** The service that an operation speaks of, by its name. */

import * as z from "zod"
import type { ServiceStatus } from "../../domain/fleet.ts"
import { findNearest } from "../../domain/nearest.ts"
import type { ServiceSource } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

export const serviceNameInput = z
  .string()
  .min(1)
  .max(64)
  .describe("The name of a service, as list_services shows it.")

/** @throws GatewayError `not_found` */
export function getSource({ services }: Pick<OperationContext, "services">, name: string): ServiceSource {
  const sources = services.list()
  const source = sources.find(({ definition }) => definition.name === name)
  if (source) return source
  const names = sources.map(({ definition }) => definition.name)
  const nearest = findNearest(name, names)
  const others = names.length === 0 ? "None is registered yet." : "list_services has all there are."
  const hint = nearest === undefined ? others : `Did you mean ${nearest}?`
  throw new GatewayError("not_found", `There is no service named ${name}. ${hint}`, {
    next: { operation: "list_services" },
  })
}

/** @throws GatewayError `not_found` */
export function getStatus({ fleet }: Pick<OperationContext, "fleet">, name: string): ServiceStatus {
  const status = fleet.status().find((known) => known.name === name)
  if (status) return status
  throw new GatewayError("not_found", `The service ${name} is gone.`, { next: { operation: "list_services" } })
}
