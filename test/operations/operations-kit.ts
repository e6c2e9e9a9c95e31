/** Everything that operations work on, as the gateway has it, over a folder that goes when the test ends. */

import assert from "node:assert/strict"
import { randomBytes, randomUUID } from "node:crypto"
import { join, resolve } from "node:path"
import type { TestContext } from "node:test"
import { compileCatalog, type Entry } from "../../src/domain/catalog.ts"
import type { EntryRecorder } from "../../src/domain/audit/log.ts"
import { compilePolicies } from "../../src/domain/policy/compiled-policies.ts"
import { nothingShed } from "../../src/domain/overload.ts"
import { compileGrants, grantsSchema } from "../../src/domain/permission.ts"
import type { ActivePrincipal, Principal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import { countTokens } from "../../src/fleet/admission/count-tokens.ts"
import { PidLedger } from "../../src/fleet/children/pid-ledger.ts"
import { createFleet } from "../../src/fleet/registry.ts"
import type { RunningFleet } from "../../src/fleet/running-fleet.ts"
import { JsonPins } from "../../src/stores/json/pins.ts"
import { openServersFolder } from "../../src/fleet/files/servers-d.ts"
import { keyMaker } from "../../src/identity/api-key.ts"
import { Closers } from "../../src/gateway/closers.ts"
import { openHistory } from "../../src/gateway/history.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import { passwords } from "../../src/identity/password.ts"
import { createLog } from "../../src/log.ts"
import { operationNames, operations } from "../../src/operations/index.ts"
import type { OperationContext } from "../../src/operations/operation.ts"
import { perform, type Performed } from "../../src/operations/perform.ts"
import { jsonKeys } from "../../src/stores/json/keys.ts"
import { jsonPrincipals } from "../../src/stores/json/principals.ts"
import { jsonPolicies } from "../../src/stores/json/policies.ts"
import { jsonQuotas } from "../../src/stores/json/quotas.ts"
import { jsonPlans } from "../../src/stores/json/plans.ts"
import { openStateFile } from "../../src/stores/json/state-file.ts"
import { MemoryCounters } from "../../src/stores/memory/counters.ts"
import { createMemoryEvents } from "../../src/stores/memory/events.ts"
import { defaultBreaker, limits, openMachine } from "../fleet/fleet-kit.ts"
import { openLog } from "./log-kit.ts"
import { makeFolder } from "../support/folder.ts"

const root = resolve(import.meta.dirname, "../..")

export const hello = { command: process.execPath, args: [join(root, "examples/hello-server/server.ts")] }
/** It says so on its error output and ends. */
export const broken = { command: process.execPath, args: [join(root, "test/fixtures/failing-server.mjs")] }
/** Some of its tools are not as they must be. */
export const wayward = { command: process.execPath, args: [join(root, "test/fleet/wayward-service.ts")] }

const silent = createLog({ level: "silent" })

export type Kit = {
  readonly fleet: RunningFleet
  readonly folder: string
  /** Types of what was published, in order. */
  readonly published: readonly string[]
  readonly history: OperationContext["history"]
  readonly services: OperationContext["services"]
  readonly principals: OperationContext["principals"]
  readonly keys: OperationContext["keys"]
  readonly quotas: OperationContext["quotas"]
  readonly policies: OperationContext["policies"]
  readonly counters: OperationContext["counters"]
  readonly plans: OperationContext["plans"]
  readonly audit: OperationContext["audit"]
  readonly usage: OperationContext["usage"]
  readonly recorder: EntryRecorder
  /** Where log.db is. */
  readonly logFolder: string
  /** Somebody who may call, kept in the store. */
  join(name: string, grants?: GrantsGiven, kind?: Principal["kind"]): Promise<ActivePrincipal>
  /** Performs an operation, with the grants that the actor has in the store now. */
  run(
    actor: ActivePrincipal,
    operation: string,
    input?: object,
    given?: Partial<OperationContext>,
  ): Promise<Performed["output"]>
  say(actor: ActivePrincipal, operation: string, input?: object): Promise<string>
}

export type GrantsGiven = Parameters<typeof grantsSchema.parse>[0]

export const all = { allow: ["*"] }
export const admins = { permissions: ["govern", "services:stdio:write"], tools: all, prompts: all, resources: all }

const minuteMs = 60_000

/** When everything in the tests of identity happens. */
export const nowMs = Date.UTC(2026, 10, 21)

/** @param given a folder that has been made, which may have data in it */
export async function openKit(t: TestContext, machine = openMachine(), given?: string): Promise<Kit> {
  const closers = new Closers(silent)
  t.after(() => closers.close())
  const folder = given ?? makeFolder()
  const services = await openServersFolder(join(folder, "servers.d"))
  closers.add(() => services.close())
  const state = await openStateFile(join(folder, "data"))
  closers.add(() => state.close())
  const events = createMemoryEvents()
  const published: string[] = []
  events.subscribe(({ type }) => published.push(type))
  const fleet = createFleet({
    files: services,
    dataDir: join(folder, "data"),
    version: "1.0.0",
    log: { info: () => {}, warn: () => {} },
    limits,
    health: { intervalMs: 30_000, timeoutMs: 5_000 },
    breaker: defaultBreaker,
    baseEnv: process.env,
    childFolder: folder,
    lookup: () => undefined,
    pin: "first_use",
    operations: operationNames,
    pins: new JsonPins(join(folder, "pins")),
    machine,
    ledger: new PidLedger(join(folder, "children.json")),
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    onChange: (what, service) =>
      events.publish(what === "service" ? { type: "service", service, state: "up" } : { type: what }),
  })
  closers.add(() => fleet.stop(0))
  await fleet.start()
  const principals = jsonPrincipals(state)
  const quotas = jsonQuotas(state)
  const policies = jsonPolicies(state)
  const counters = new MemoryCounters()
  const identity = { principals, keys: jsonKeys(state), keyMaker, passwords }
  const { recorder, logFolder, ...log } = await openLog(t, () => nowMs)
  const plans = jsonPlans(state)
  const sealer = createSealer(randomBytes(32))
  const history = await openHistory(
    {
      config: { data: join(folder, "data"), history: { keep: 10_000, keepDays: 0, bytes: 1e9 } },
      log: { warn: () => {}, error: assert.ifError },
      stores: { sealer, ...identity, quotas, policies },
      files: services,
    },
    closers,
  )
  const governance = {
    planMs: 60 * minuteMs,
    approvalMs: 10 * minuteMs,
    approval: "agents",
    plansPerPrincipal: 20,
    maxAccessMinutes: 480,
    plans: 200,
  } as const
  const governing = { plans, sealer, governance, history, taint: () => undefined }
  const stores = {
    ...identity,
    ...log,
    ...governing,
    machine,
    quotas,
    policies,
    counters,
    fleet,
    services,
    events,
  }
  const kit: Kit = {
    ...stores,
    recorder,
    logFolder,
    folder,
    published,
    join: async (name, grants = {}, kind = "human") => {
      const draft = {
        id: randomUUID(),
        name,
        kind,
        disabled: false,
        createdAtMs: 0,
        createdBy: "first-start",
      } as const
      const principal = await principals.insert({ ...draft, grants: grantsSchema.parse(grants) })
      return { principal, may: compileGrants(principal.grants, nowMs) }
    },
    run: async (actor, name, input = {}, given = {}) => (await performBy(actor, name, input, given)).output,
    say: async (actor, name, input = {}) => (await performBy(actor, name, input, {})).text,
  }
  return kit

  async function accessOf(): Promise<OperationContext["access"]> {
    const compiled = compilePolicies((await policies.list({ limit: 1_000 })).items)
    const permissionOf = (name: string) => operations.find((one) => one.name === name)?.permission
    const catalog = compileCatalog(fleet.offers())
    return {
      policies: compiled,
      catalog,
      circumstances: { nowMs, source: "10.0.0.1", client: "test/1" },
      permissionOf,
    }
  }

  async function performBy(
    known: ActivePrincipal,
    name: string,
    input: object,
    given: Partial<OperationContext>,
  ): Promise<Performed> {
    const operation = operations.find((one) => one.name === name)
    assert.ok(operation, `there is no operation ${name}`)
    const principal = (await principals.find(known.principal.id)) ?? known.principal
    const actor = { ...known, principal, may: compileGrants(principal.grants, nowMs) }
    const access = await accessOf()
    return perform(operation, { ...stores, ...contextOf(actor, fleet), access, ...given }, input)
  }
}

function contextOf(
  actor: ActivePrincipal,
  fleet: RunningFleet,
): Pick<
  OperationContext,
  | "actor"
  | "callableTools"
  | "countTokens"
  | "mayPerform"
  | "nowMs"
  | "newId"
  | "pageOf"
  | "signal"
  | "overload"
  | "ownIssues"
> {
  const callableTools = (): readonly Entry[] =>
    compileCatalog(fleet.offers()).all.entries.tools.filter(({ canonicalName }) =>
      actor.may.mayUse("tools", canonicalName),
    )
  const overload = { report: () => ({ level: 0, reason: undefined, shed: nothingShed }) as const }
  const mayPerform = (name: string): boolean =>
    operations.some((operation) => operation.name === name && actor.may.holds(operation.permission))
  return {
    actor,
    callableTools,
    countTokens,
    mayPerform,
    nowMs,
    pageOf: () => undefined,
    newId: randomUUID,
    overload,
    ownIssues: () => [],
    signal: new AbortController().signal,
  }
}

/** For `assert.rejects`: an error of ours with this code, whose message has this in it. */
export function refusal(code: string, text: RegExp = /./): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GatewayError, String(thrown))
    assert.equal(thrown.code, code, thrown.message)
    assert.match(thrown.message, text)
    return true
  }
}
