/**
 * `mcp-meta status`: the services, quotas near their limit, what is wrong, and the head of the audit log; once, or anew
 * every two seconds. What the key may not see is left out.
 */

import { setTimeout as wait } from "node:timers/promises"
import { visibleLine } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { operations } from "../../operations/index.ts"
import type { Operation } from "../../operations/operation.ts"
import { requestOf } from "../rest/operation-http.ts"
import { exitCodes, type Run } from "./commands.ts"
import { connect, type Connection } from "./connection.ts"
import { refuseOf } from "./operation.ts"
import { print, printJson } from "./screen.ts"
import {
  drawHead,
  drawIssues,
  drawLoad,
  drawQuotas,
  drawWorkers,
  nearTheirLimit,
  type AuditHead,
  type Issue,
  type Load,
  type Quota,
  type Workers,
} from "./status-lines.ts"
import { drawServices, type Service } from "./status-services.ts"

const redrawMs = 2_000
const eraseScreen = "\u001B[2J\u001B[H"

export const showStatus: Run = async ({ load }, flags, command) => {
  const { json, watch } = command.opts<{ readonly json?: true; readonly watch?: true }>()
  const connection = await connect((await load(flags)).config)
  for (;;) {
    const status = await readStatus(connection)
    if (json) printJson(status)
    else print(`${watch && process.stdout.isTTY ? eraseScreen : ""}${draw(status, connection.url)}`)
    if (!watch) return isFine(status) ? exitCodes.fine : exitCodes.notFine
    await wait(redrawMs)
  }
}

type Status = {
  /** Of a gateway of several processes. */
  readonly workers?: Workers
  /** Of one that has refused something for what it had to do. */
  readonly load?: Load
  readonly services: readonly Service[]
  /** Those near their limit. */
  readonly quotas?: readonly Quota[]
  readonly issues: readonly Issue[]
  readonly audit?: AuditHead
}

function isFine({ workers, load, services, audit }: Status): boolean {
  if (load && load.level > 0) return false
  if (workers && workers.up < workers.of) return false
  return services.every(({ state }) => state !== "down") && (audit?.available ?? true)
}

async function readStatus(connection: Connection): Promise<Status> {
  const { workers, load } = await readReadiness(connection)
  const services = (await readAll(connection, "list_services", "services")) as readonly Service[]
  const quotas = await ifAllowed(() => readAll(connection, "list_quotas", "quotas"))
  const issues = (await readAll(connection, "list_issues", "issues")) as readonly Issue[]
  const audit = await ifAllowed(() => read(connection, "audit_head"))
  return {
    ...(workers && { workers }),
    ...(load && { load }),
    services,
    ...(quotas && { quotas: nearTheirLimit(quotas as readonly Quota[]) }),
    issues,
    ...(audit && { audit: audit as AuditHead }),
  }
}

/** A gateway that is not ready says why to whoever asks it for something. */
async function readReadiness({ request }: Connection): Promise<Pick<Status, "workers" | "load">> {
  return (await request("GET", "/readiness").catch(() => ({}))) as Pick<Status, "workers" | "load">
}

async function ifAllowed<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return ask().catch((thrown: unknown) => {
    if (thrown instanceof GatewayError && thrown.code === "forbidden") return undefined
    throw thrown
  })
}

type Output = Readonly<Record<string, unknown>>

async function read({ request }: Connection, name: string, input: Output = {}): Promise<Output> {
  const operation = operationOf(name)
  const { method, path, body } = requestOf(operation, input)
  return (await request(method, path, body).catch(refuseOf(operation))) as Output
}

/** Every page of a listing operation. */
async function readAll(connection: Connection, name: string, member: string): Promise<readonly unknown[]> {
  const items: unknown[] = []
  let cursor: unknown
  do {
    const page = await read(connection, name, cursor === undefined ? {} : { cursor })
    items.push(...((page[member] ?? []) as readonly unknown[]))
    cursor = page["nextCursor"]
  } while (cursor !== undefined)
  return items
}

function operationOf(name: string): Operation {
  const operation = operations.find((one) => one.name === name)
  if (!operation) throw new GatewayError("internal", `There is no operation ${name}.`)
  return operation
}

function draw({ workers, load, services, quotas, issues, audit }: Status, url: string): string {
  return [
    visibleLine(`Services at ${url}: ${services.length}`),
    drawServices(services),
    ...(workers ? drawWorkers(workers) : []),
    ...(load ? drawLoad(load) : []),
    ...(quotas ? drawQuotas(quotas) : []),
    ...drawIssues(issues),
    ...(audit ? drawHead(audit) : []),
  ].join("\n")
}
