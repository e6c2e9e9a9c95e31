/**
 * Why a service cannot be reached: a new connection made step by step, past everything that is remembered, until one
 * step fails. The steps of the network: diagnose-network.ts; of a program: diagnose-program.ts.
 */

import type { DiagnosisStep } from "../../domain/diagnosis.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { LinkTarget } from "../../mcp/client/negotiate.ts"
import { noMembers } from "../../mcp/raw-json.ts"
import { clientOf } from "../../mcp/client/service-facts.ts"
import { abortable } from "../links/abortable.ts"
import { Connector } from "../links/connector.ts"
import type { FleetContext } from "../context.ts"
import { findProgram, openProgram } from "./diagnose-program.ts"
import { checkNetwork, readAddress } from "./diagnose-network.ts"
import { fetchLists, type Fault, type ListItems } from "../lists/lists.ts"
import { compileOffer } from "../lists/offer.ts"
import { findCause } from "./find-cause.ts"
import type { RunStep, Say } from "./run-step.ts"

const totalMs = 15_000
const stopMs = 1_000
/** By so much the handshake ends before the whole, so that no connection is left over. */
const marginMs = 2_000

/** @param endpoint which of several */
export async function diagnose(
  definition: ServiceDefinition,
  endpoint: number,
  context: FleetContext,
): Promise<readonly DiagnosisStep[]> {
  const steps: DiagnosisStep[] = []
  const connector = new Connector({ definition, context })
  const deadline = new AbortController()
  const late = new GatewayError("timeout", `There was no answer; the diagnosis ended after ${totalMs} ms.`)
  const timer = setTimeout(() => deadline.abort(late), totalMs)
  const run: RunStep = async (step, work, say, beganMs = context.elapsed()) => {
    const durationMs = (): number => Math.round(context.elapsed() - beganMs)
    try {
      const found = await abortable(Promise.try(work), deadline.signal)
      steps.push({ step, ok: true, ...withCause(say(found)), durationMs: durationMs() })
      return found
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      const cause = findCause({ step, error, type: definition.type })
      const message = withStderr(error.message, connector)
      steps.push({ step, ok: false, message, durationMs: durationMs(), cause })
      throw new StepFailed(thrown)
    }
  }
  try {
    await walk({
      definition,
      endpoint,
      context,
      connector,
      run,
      signal: deadline.signal,
      note: (step) => steps.push(step),
    })
  } catch (thrown) {
    if (!(thrown instanceof StepFailed)) throw thrown
  } finally {
    clearTimeout(timer)
    await connector.close(stopMs)
  }
  return steps
}

function withCause(said: ReturnType<Say<unknown>>): Pick<DiagnosisStep, "message" | "cause"> {
  return typeof said === "string" ? { message: said } : said
}

class StepFailed extends Error {
  constructor(cause: unknown) {
    super("A step failed.", { cause })
  }
}

type Walk = {
  readonly definition: ServiceDefinition
  readonly endpoint: number
  readonly context: FleetContext
  readonly connector: Connector
  readonly run: RunStep
  readonly signal: AbortSignal
  readonly note: (step: DiagnosisStep) => void
}

async function walk(given: Walk): Promise<void> {
  const target = await (given.definition.type === "stdio" ? reachProgram(given) : reachAddress(given))
  const link = await shakeHands(given, target)
  try {
    await given.run("list", () => listAll(given, link), sayLists)
  } finally {
    await link.close().catch(() => {})
  }
}

type Listed = { readonly items: ListItems; readonly faults: readonly Fault[] }

async function listAll({ definition, context, signal }: Walk, link: Link): Promise<Listed> {
  const { clientInfo, limits } = context
  const { facts } = link
  const client = clientOf(facts.era, { capabilities: noMembers, clientInfo })
  const listLimits = { maxPages: limits.pages, maxItems: limits.tools, maxBytes: limits.listBytes }
  const { items, faults } = await fetchLists({ link, client, limits: listLimits, signal })
  const { name: service, prefix, tools: rules, tags, audit } = definition
  const compiled = await compileOffer({ service, prefix, rules, tags, audit, terms: definition, facts, items })
  return { items, faults: [...faults, ...compiled.faults] }
}

function sayLists({ items, faults }: Listed): ReturnType<Say<Listed>> {
  const found = `${items.tools.length} tools, ${items.prompts.length} prompts, ${items.resources.length} resources.`
  const [first] = faults
  if (!first) return found
  const message = `${found} Held back for ${faults.length} faults, the first: ${first.subject}: ${first.message}`
  return { message, cause: "held_back" }
}

async function reachProgram({ definition, context, connector, run }: Walk): Promise<LinkTarget> {
  const target = await run(
    "definition",
    async () => {
      if (definition.type === "stdio") await findProgram(definition, context)
      return connector.target(0)
    },
    () => "Every placeholder has a value, and the program is there.",
  )
  return run(
    "process",
    () => openProgram(target),
    () => "The program runs.",
  )
}

async function reachAddress({ endpoint, connector, run }: Walk): Promise<LinkTarget> {
  const { target, address } = await run(
    "definition",
    async () => ({ target: connector.target(endpoint), address: readAddress(connector.urlOf(endpoint)) }),
    () => "Every placeholder has a value, and the url can be read.",
  )
  await checkNetwork(address, run, connector.guard)
  return target
}

const credentialStatuses = new Set<unknown>([401, 403, 407])

/** A refused credential is a step of its own: its remedy is another one. */
async function shakeHands(
  { definition, context, connector, run, note, signal }: Walk,
  target: LinkTarget,
): Promise<Link> {
  const beganMs = context.elapsed()
  const connecting = connector.connectTo(target, {
    capabilities: noMembers,
    timeoutMs: Math.min(totalMs - marginMs, context.limits.childStartMs),
  })
  const refused = await abortable(connecting, signal).then(
    () => undefined,
    (thrown: unknown) => GatewayError.from(thrown),
  )
  const durationMs = Math.round(context.elapsed() - beganMs)
  if (refused && credentialStatuses.has(refused.detail["status"])) {
    return run("auth", () => Promise.reject(refused), String, beganMs)
  }
  if (definition.type !== "stdio" && !refused) {
    note({ step: "auth", ok: true, message: "The credential was not refused.", durationMs })
  }
  if (refused) return run("handshake", () => Promise.reject(refused), String, beganMs)
  const link = await connecting
  note({ step: "handshake", ok: true, message: `It speaks revision ${link.facts.revision} of MCP.`, durationMs })
  return link
}

function withStderr(message: string, connector: Connector): string {
  const lines = connector.stderrLines().slice(-12)
  return lines.length === 0 ? message : `${message} It wrote last: ${lines.join(" | ").slice(0, 1_000)}`
}
