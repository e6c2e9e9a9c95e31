/**
 * What an operation may write into the file of a service. Its command line is held to the rules for programs, whoever
 * writes it. Its addresses are held to public ones where they come from somebody who may not reach this machine, and the
 * file says so in `network`: it holds on after a restart, and whoever may reach this machine can change it.
 *
 * Who may reach this machine at all: machine-reach.ts. The rules: domain/command-rules.ts, domain/services/network-rules.ts.
 */

import { isDeepStrictEqual } from "node:util"
import { holdsPlaceholder } from "../../domain/secrets/placeholder.ts"
import { publicOnly } from "../../domain/services/network-rules.ts"
import { redactDefinition } from "../../domain/services/service-shown.ts"
import {
  readServiceFile,
  type ServiceDefinition,
  type StdioService,
  type UrlService,
} from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

type Json = Readonly<Record<string, unknown>>
type Holder = Pick<OperationContext, "actor" | "machine">
type Written = {
  readonly name: string
  readonly raw: Json
  /** What stands there now; absent where the service is new. */
  readonly before?: ServiceDefinition
}

/**
 * @returns what may be written in place of `raw`
 * @throws GatewayError `invalid`, with detail `rule`, for a command line or a URL; `forbidden` for a `network` of one's own
 */
export async function holdDefinition(context: Holder, written: Written): Promise<Json> {
  const { name, before } = written
  const raw = holdAddresses(context, written)
  for (const after of readServiceFile(name, { ...raw, name }))
    if (after.type === "stdio" && !(before && isSameProgram(before, after))) {
      await context.machine.assertHarmless(after, "operation")
      assertArgumentsShown(context, after)
    }
  return raw
}

/**
 * Whoever approves a program must see what it is started with, and what looks like a secret is shown to nobody.
 *
 * @throws GatewayError `invalid`
 */
function assertArgumentsShown({ actor }: Holder, program: StdioService): void {
  if (actor.principal.kind === "human") return
  const shown = redactDefinition(program)
  if (shown.type === "stdio" && isDeepStrictEqual(shown.args, program.args)) return
  throw new GatewayError(
    "invalid",
    "An argument looks like a secret, so nobody who approves this could see it. Give secrets in env, as ${secret:NAME}.",
    { detail: { rule: "command.hidden-argument" } },
  )
}

/** As above, for what a person brings back: its program was judged when it was written, or is an operator's. */
export function holdAddresses(context: Holder, written: Written): Json {
  const raw = withNetwork(context, written)
  for (const after of readServiceFile(written.name, { ...raw, name: written.name }))
    if (after.type !== "stdio") assertUrls(context, after)
  return raw
}

function withNetwork({ actor }: Holder, { name, raw, before }: Written): Json {
  if (actor.may.holds("services:stdio:write")) return raw
  const [after] = readServiceFile(name, { ...raw, name })
  if (!after || after.type === "stdio") return raw
  const known = before?.type === "stdio" ? undefined : before
  const network = JSON.stringify(after.network)
  if (network !== JSON.stringify(known?.network) && network !== JSON.stringify(publicOnly)) throw notTheirs(after)
  return known && goesNowhereElse(known, after) ? raw : { ...raw, network: { allow: publicOnly.allow } }
}

function goesNowhereElse(before: UrlService, after: UrlService): boolean {
  const known = new Set(before.endpoints.map(({ url }) => url))
  return before.type === after.type && after.endpoints.every(({ url }) => known.has(url))
}

/** What stands in for a value is checked with it, when it is dialled. */
function assertUrls({ machine }: Holder, { network, endpoints }: UrlService): void {
  const guard = machine.guardFor(network)
  for (const { url } of endpoints) if (!holdsPlaceholder(url)) guard.assertUrl(url)
}

function isSameProgram(before: ServiceDefinition, after: ServiceDefinition): boolean {
  return JSON.stringify(programOf(before)) === JSON.stringify(programOf(after))
}

function programOf(definition: ServiceDefinition): unknown {
  if (definition.type !== "stdio") return undefined
  const { command, args, env, cwd } = definition
  return [command, args, env, cwd]
}

function notTheirs({ name }: ServiceDefinition): GatewayError {
  return new GatewayError(
    "forbidden",
    `Where ${name} may be found ("network") is said by those who hold services:stdio:write, which you do not. Leave "network" as it is.`,
    { detail: { permission: "services:stdio:write" } },
  )
}
