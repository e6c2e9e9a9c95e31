/** A real fleet over a folder of its own, with services that are real programs, all gone when the test ends. */

import { writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import type { Resolve } from "../../src/fleet/links/name-lookups.ts"
import { createMachine, type MachineTerms } from "../../src/fleet/machine.ts"
import { PidLedger } from "../../src/fleet/children/pid-ledger.ts"
import { createFleet, type FleetOptions } from "../../src/fleet/registry.ts"
import type { RunningFleet } from "../../src/fleet/running-fleet.ts"
import { JsonPins } from "../../src/stores/json/pins.ts"
import { openServersFolder, type ServersFolder } from "../../src/fleet/files/servers-d.ts"
import { operationNames } from "../../src/operations/index.ts"
import type { Answer, ClientFacts, Exchange, Request } from "../../src/mcp/message.ts"
import { fromRawObject, noMembers, toRawObject } from "../../src/mcp/raw-json.ts"
import { makeFolder } from "../support/folder.ts"

const root = resolve(import.meta.dirname, "../..")

/** A service that is a script run by this Node. */
export function program(script: string, ...args: string[]): Record<string, unknown> {
  return { command: process.execPath, args: [join(root, script), ...args] }
}

/** A service that is the text of a script, for one that misbehaves. */
export function inline(script: string): Record<string, unknown> {
  return { command: process.execPath, args: ["-e", script] }
}

export type Opened = {
  readonly fleet: RunningFleet
  readonly files: ServersFolder
  readonly folder: string
  readonly changes: readonly string[]
}

export type Given = {
  readonly folder?: string
  readonly limits?: Partial<FleetOptions["limits"]>
  readonly breaker?: Partial<FleetOptions["breaker"]>
  readonly machine?: FleetOptions["machine"]
}

type Terms = { readonly [Part in keyof MachineTerms]?: Partial<MachineTerms[Part]> }

/** As the settings are by default, where they are not given. */
export function openMachine({ outbound, stdio }: Terms = {}, resolve?: Resolve): FleetOptions["machine"] {
  const terms = {
    outbound: { strict: "operations", allow: [], http: false, ...outbound },
    stdio: { strict: "operations", commands: [], ...stdio },
  } as const
  return createMachine(terms, resolve)
}

export async function openFleet(
  t: TestContext,
  services: Record<string, object>,
  given: Given = {},
): Promise<Opened> {
  const folder = given.folder ?? makeFolder()
  const files = await openServersFolder(join(folder, "servers.d"))
  t.after(() => files.close())
  for (const [name, raw] of Object.entries(services)) await files.write(name, { ...raw }, { ifNew: false })
  const changes: string[] = []
  const fleet = createFleet({
    files,
    dataDir: folder,
    version: "1.0.0",
    log: { info: () => {}, warn: () => {} },
    limits: { ...limits, ...given.limits },
    health: { intervalMs: 30_000, timeoutMs: 5_000 },
    breaker: { ...defaultBreaker, ...given.breaker },
    baseEnv: process.env,
    childFolder: folder,
    lookup: () => undefined,
    pin: "first_use",
    operations: operationNames,
    pins: new JsonPins(join(folder, "pins")),
    machine: given.machine ?? openMachine(),
    ledger: new PidLedger(join(folder, "children.json")),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    onChange: (what, service) => changes.push(`${what} ${service}`),
  })
  t.after(() => fleet.stop(0))
  await fleet.start()
  return { fleet, files, folder, changes }
}

export const limits: FleetOptions["limits"] = {
  callIdleMs: 20_000,
  callHardMs: 30_000,
  concurrency: 64,
  listMs: 15_000,
  childStartMs: 20_000,
  queue: 16,
  tools: 1_000,
  pages: 64,
  listBytes: 1_000_000,
  resultBytes: 1_000_000,
  writeMs: 60_000,
  starting: 8,
  connecting: 64,
  connectsPerSecond: 1_000,
}

export const defaultBreaker: FleetOptions["breaker"] = {
  failures: 3,
  failurePercent: 50,
  calls: 20,
  windowMs: 30_000,
  waitMs: 1_000,
  maxWaitMs: 60_000,
}

export async function writeScript(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

export type CallGiven = {
  readonly principalId?: string
  readonly repeatable?: boolean
  readonly exchange?: Partial<Exchange>
  readonly client?: Partial<ClientFacts>
}

export function callTool(
  fleet: RunningFleet,
  service: string,
  name: string,
  args: object = {},
  given: CallGiven = {},
): Promise<Answer> {
  const client: ClientFacts = {
    era: "modern",
    revision: "2026-07-28",
    capabilities: noMembers,
    info: undefined,
    ...given.client,
  }
  const request: Request = {
    method: "tools/call",
    params: toRawObject({ name, arguments: args }),
    meta: noMembers,
    client,
    progressToken: Buffer.from('"p"'),
    logLevel: undefined,
  }
  const exchange: Exchange = { signal: new AbortController().signal, notify: () => {}, ...given.exchange }
  return fleet.send(service, request, exchange, {
    principalId: given.principalId ?? "ann",
    repeatable: given.repeatable ?? false,
  })
}

/** The text of a tool's result. */
export function textOf(answer: Answer): string {
  if (answer.error) throw new Error(`${answer.error.code} ${answer.error.message}`)
  const { content } = fromRawObject(answer.result) as { content?: { text?: string }[] }
  return content?.[0]?.text ?? ""
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    if (await holds()) return
    await sleep(10)
  }
  throw new Error(`It never came to this: ${what}`)
}

export function toolNames(fleet: RunningFleet, service: string): string[] {
  const offer = fleet.offers().find((known) => known.service === service)
  return offer?.items.tools.map(({ shownName }) => shownName) ?? []
}
