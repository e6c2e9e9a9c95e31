/** Opens the services: their files, the fleet that runs them, and the catalog of what they offer at this moment. */

import { dirname, join } from "node:path"
import type { Known } from "../call/resolve.ts"
import type { Config } from "../config.ts"
import { childEnvironment, createLookup } from "../config/secrets.ts"
import { compileCatalog } from "../domain/catalog.ts"
import type { CompiledPolicies } from "../domain/policy/compiled-policies.ts"
import type { Events } from "../domain/event.ts"
import type { Machine } from "../domain/services/machine.ts"
import { PidLedger } from "../fleet/children/pid-ledger.ts"
import { createFleet, type FleetOptions } from "../fleet/registry.ts"
import type { RunningFleet } from "../fleet/running-fleet.ts"
import { openServersFolder, type ServersFolder } from "../fleet/files/servers-d.ts"
import type { Log } from "../log.ts"
import { operationNames, operations } from "../operations/index.ts"
import { managementResources } from "../surfaces/management-resources.ts"
import { managementTools } from "../surfaces/management-tools.ts"
import { JsonPins } from "../stores/json/pins.ts"
import type { Closers } from "./closers.ts"

export type Services = {
  readonly files: ServersFolder
  readonly fleet: RunningFleet
  /** The snapshot of this moment; a call keeps the one it began with. */
  readonly known: () => Known
  /** Tells which service may offer something else now, or be reached otherwise. @returns ends it */
  readonly onOffer: (listener: (service: string) => void) => () => void
}

export type ServicesOptions = {
  readonly config: Config
  readonly machine: Machine
  readonly log: Log
  readonly version: string
  readonly events: Events
  readonly openTaskId: Known["openTaskId"]
  /** Those of the moment. */
  readonly policies: () => CompiledPolicies
}

export async function openServices(
  { config, machine, log, version, events, openTaskId, policies }: ServicesOptions,
  closers: Closers,
): Promise<Services> {
  const files = await openServersFolder(config.servers, {
    readonly: config.serversReadonly,
    onMade: () => {
      const { servers: folder } = config
      log.warn(
        { folder },
        "The folder of services was not there; it was made and is empty. Was --servers meant so?",
      )
    },
  })
  closers.add(() => files.close())
  logProblems(files, log)
  const ledger = new PidLedger(join(config.data, "children.json"))
  for (const service of ledger.reap())
    log.warn({ service }, "Ended a child that a gateway before this one had left.")

  const tools = managementTools(operations)
  const resources = managementResources(operations, tools)
  let known: Known = {
    catalog: compileCatalog([]),
    policies: policies(),
    now: Date.now,
    managementTools: tools,
    managementResources: resources.of([]),
    managementTemplates: resources.templates,
    openTaskId,
  }
  const listeners = new Set<(service: string) => void>()
  let isOutdated = true
  const onChange: FleetOptions["onChange"] = (what, service) => {
    if (what === "catalog") {
      isOutdated = true
      for (const listener of listeners) listener(service)
    }
    if (what === "service") events.publish({ type: what, service, state: fleet.stateOf(service) })
    else events.publish({ type: what, ...(service !== "" && { service }) })
  }
  /** Compiled when next asked for: a thousand services that come up together change it a thousand times. */
  const current = (): Known => {
    if (isOutdated) known = { ...known, catalog: compileCatalog(fleet.offers()), managementResources: ours() }
    isOutdated = false
    const policiesNow = policies()
    if (known.policies !== policiesNow) known = { ...known, policies: policiesNow }
    return known
  }
  const ours = (): Known["managementResources"] => resources.of(serviceNames({ files }))
  const fleet = createFleet({
    files,
    ledger,
    log,
    version,
    onChange,
    dataDir: config.data,
    limits: config.limits,
    health: config.health,
    breaker: config.breaker,
    pin: config.pin,
    operations: operationNames,
    pins: new JsonPins(join(config.data, "pins")),
    workers: config.workers > 1 ? config.workers : 0,
    baseEnv: childEnvironment(),
    childFolder: dirname(config.servers),
    lookup: createLookup(config.data),
    machine,
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
  })
  const killChildren = (): void => ledger.killAll() // where there is no time to close
  process.once("exit", killChildren)
  closers.add(() => void process.off("exit", killChildren))
  await fleet.start()
  closers.add(() => fleet.stop(0)) // the calls have had their time
  const onOffer: Services["onOffer"] = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return { files, fleet, known: current, onOffer }
}

/** Of all that are registered, turned on or not. */
export function serviceNames({ files }: Pick<Services, "files">): readonly string[] {
  return files.list().map(({ definition }) => definition.name)
}

/** Files that cannot be used are an operator's business as they are written, not only when someone asks. */
function logProblems(files: ServersFolder, log: Log): void {
  const told = new Set<string>()
  const tell = (): void => {
    const now = new Map(files.problems().map(({ file, message }) => [`${file}: ${message}`, { file, message }]))
    for (const [id, { file, message }] of now) if (!told.has(id)) log.warn({ file }, message)
    told.clear()
    for (const id of now.keys()) told.add(id)
  }
  tell()
  files.onProblems(tell)
}
