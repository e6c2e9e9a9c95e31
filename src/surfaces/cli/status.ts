/** `mcp-meta status`: the services and what is wrong with them, once or anew every two seconds. */

import Table from "cli-table3"
import { setTimeout as wait } from "node:timers/promises"
import { GatewayError } from "../../errors.ts"
import { operations } from "../../operations/index.ts"
import { requestOf } from "../operation-http.ts"
import { exitCodes, type Run } from "./commands.ts"
import { connect, type Connection } from "./connection.ts"
import { paint, plain, print, printJson } from "./screen.ts"

const redrawMs = 2_000
const eraseScreen = "\u001B[2J\u001B[H"

export const showStatus: Run = async ({ load }, flags, command) => {
  const { json, watch } = command.opts<{ readonly json?: true; readonly watch?: true }>()
  const connection = await connect((await load(flags)).config)
  for (;;) {
    const status = await readStatus(connection)
    if (json) printJson(status)
    else print(`${watch && process.stdout.isTTY ? eraseScreen : ""}${draw(status, connection.url)}`)
    if (!watch) return status.services.some(({ state }) => state === "down") ? exitCodes.notFine : exitCodes.fine
    await wait(redrawMs)
  }
}

type Service = {
  readonly name: string
  readonly state: string
  readonly transport: string
  readonly era?: string
  readonly endpoints?: readonly { readonly healthy: boolean }[]
  readonly tools: number
  readonly calls: number
  readonly errors: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly lastError?: { readonly message: string; readonly at: string }
}

type Issue = { readonly service: string; readonly subject?: string; readonly message: string }
type Status = { readonly services: readonly Service[]; readonly issues: readonly Issue[] }

async function readStatus(connection: Connection): Promise<Status> {
  const [services, issues] = [
    await readAll(connection, "list_services", "services"),
    await readAll(connection, "list_issues", "issues"),
  ]
  return { services: services as readonly Service[], issues: issues as readonly Issue[] }
}

/** Every page of a listing operation. */
async function readAll({ request }: Connection, name: string, member: string): Promise<readonly unknown[]> {
  const operation = operations.find((one) => one.name === name)
  if (!operation) throw new GatewayError("internal", `There is no operation ${name}.`)
  const items: unknown[] = []
  let cursor: string | undefined
  do {
    const { method, path } = requestOf(operation, cursor === undefined ? {} : { cursor })
    const page = (await request(method, path)) as Readonly<Record<string, unknown>>
    items.push(...((page[member] ?? []) as readonly unknown[]))
    cursor = page["nextCursor"] as string | undefined
  } while (cursor !== undefined)
  return items
}

const colors = { up: "green", degraded: "yellow", starting: "yellow", down: "red", disabled: "gray" } as const

const columns = "service state era transport endpoints tools calls errors p50/p99_ms last_error"

function draw({ services, issues }: Status, url: string): string {
  const head = columns.split(" ").map((column) => column.replace("_", " "))
  const table = new Table({ head, style: { head: [], border: [], compact: true } })
  for (const service of services) table.push(row(service))
  const lines = issues.map(({ service, subject, message }) => plain(`  ${service}${subject === undefined ? "" : ` ${subject}`}: ${message}`)) // oxfmt-ignore
  const heads = [`Services at ${url}: ${services.length}`, `Issues: ${issues.length}`] as const
  return [heads[0], table.toString(), issues.length > 0 ? paint("yellow", heads[1]) : heads[1], ...lines].join(
    "\n",
  )
}

function row(service: Service): string[] {
  const { name, state, era = "-", transport, endpoints, tools, calls, errors, p50Ms, p99Ms, lastError } = service
  const color = Object.hasOwn(colors, state) ? colors[state as keyof typeof colors] : "red"
  const healthy = endpoints
    ? `${endpoints.filter((endpoint) => endpoint.healthy).length}/${endpoints.length}`
    : "-"
  const latency = p50Ms === undefined ? "-" : `${Math.round(p50Ms)}/${Math.round(p99Ms ?? p50Ms)}`
  const cells = [
    era,
    transport,
    healthy,
    tools,
    calls,
    errors,
    latency,
    lastError ? `${ago(lastError.at)}: ${lastError.message.slice(0, 50)}` : "",
  ].map((cell) => plain(String(cell)).replaceAll("\n", " "))
  return [plain(name), paint(color, plain(state)), ...cells]
}

const units = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const

/** `3 min ago`: what is over should look over. */
function ago(at: string): string {
  const ms = Math.max(0, Date.now() - Date.parse(at))
  const [unitMs, unit] = units.find(([unitMs]) => ms >= unitMs) ?? [1_000, "s"]
  return `${Math.floor(ms / unitMs)} ${unit} ago`
}
