/**
 * A service asked what it is and what it offers, over a connection of its own that is closed after. Nothing is called,
 * nothing is kept, and no program is started: a program is seen first when somebody has let it run.
 */

import type { Definitions } from "../../domain/admission/definition-texts.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import { clientOf } from "../../mcp/client/service-facts.ts"
import { noMembers } from "../../mcp/raw-json.ts"
import type { FleetContext } from "../context.ts"
import { abortable } from "../links/abortable.ts"
import { Connector } from "../links/connector.ts"
import { fetchLists, type ListItems } from "../lists/lists.ts"
import { toDefinitions } from "./to-definitions.ts"

const totalMs = 15_000

/** @throws GatewayError `conflict` for a program; `service_unavailable`, `timeout`, `invalid` */
export async function inspect(definition: ServiceDefinition, context: FleetContext): Promise<Definitions> {
  if (definition.type === "stdio") throw notStarted(definition.name)
  const connector = new Connector({ definition, context })
  const deadline = new AbortController()
  const text = `The service ${definition.name} did not tell what it offers within ${totalMs} ms.`
  const timer = setTimeout(() => deadline.abort(new GatewayError("timeout", text)), totalMs)
  const connecting = connector.connect(0, noMembers)
  try {
    const link = await abortable(connecting, deadline.signal)
    const items = await abortable(readItems(link, context, deadline.signal), deadline.signal)
    return toDefinitions(definition, { facts: link.facts, items })
  } finally {
    clearTimeout(timer)
    // Also one that stands only after the deadline.
    void connecting.then((link) => link.close()).catch(() => {})
    await connector.close()
  }
}

async function readItems(
  link: Link,
  { clientInfo, limits }: FleetContext,
  signal: AbortSignal,
): Promise<ListItems> {
  const client = clientOf(link.facts.era, { capabilities: noMembers, clientInfo })
  const listLimits = { maxPages: limits.pages, maxItems: limits.tools, maxBytes: limits.listBytes }
  return (await fetchLists({ link, client, limits: listLimits, signal })).items
}

function notStarted(name: string): GatewayError {
  return new GatewayError(
    "conflict",
    `The service ${name} is a program that is not running; what it offers is seen when it was approved and started.`,
    { detail: { service: name } },
  )
}
