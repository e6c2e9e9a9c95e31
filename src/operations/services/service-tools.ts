/** The tools of services as whoever looks after them must see them: all of them, under every name they go by. */

import type { Offer, Offered } from "../../domain/catalog.ts"
import { sharedName } from "../../domain/naming.ts"
import { readString } from "../../mcp/raw-json.ts"
import { mayReach } from "../../domain/policy/access.ts"
import type { OperationContext } from "../operation.ts"

export type ServiceTool = {
  /** What clients call it by. */
  readonly name: string
  /** What grants speak of. */
  readonly canonicalName: string
  readonly service: string
  readonly item: Offered
}

export function toolsOf({ fleet }: Pick<OperationContext, "fleet">, service?: string): readonly ServiceTool[] {
  return fleet
    .offers()
    .filter((offer) => service === undefined || offer.service === service)
    .flatMap((offer) => offer.items.tools.map((item) => nameTool(offer, item)))
}

function nameTool({ service, prefix }: Offer, item: Offered): ServiceTool {
  const canonicalName = sharedName(service, item.shownName)
  return { name: prefix ? canonicalName : item.shownName, canonicalName, service, item }
}

export function descriptionOf({ definition }: Offered): string | undefined {
  return readString(definition.get("description"))
}

/** Whether clients know it by a name that was cut short or had characters replaced. */
export function isShortened({ name, service, item }: ServiceTool): boolean {
  return name !== item.shownName && name !== `${service}__${item.shownName}`
}

/** Whether who performs may call it, with some arguments. */
export function mayCall(
  { actor, access }: Pick<OperationContext, "actor" | "access">,
  tool: ServiceTool,
): boolean {
  return mayReach(access, actor, { kind: "tools", ...tool }, access.circumstances)
}
