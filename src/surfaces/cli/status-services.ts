/** The services as `mcp-meta status` draws them: a table, coloured where there is a terminal. */

import Table from "cli-table3"
import { visibleLine } from "../../domain/visible-text.ts"
import { ago } from "./ago.ts"
import { paint } from "./screen.ts"

type Endpoint = { readonly healthy: boolean; readonly breaker?: string; readonly openWorkers?: number }

export type Service = {
  readonly name: string
  readonly state: string
  readonly transport: string
  readonly era?: string
  readonly endpoints?: readonly Endpoint[]
  readonly tools: number
  readonly calls: number
  readonly errors: number
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly lastError?: { readonly message: string; readonly at: string }
}

const colors = { up: "green", degraded: "yellow", starting: "yellow", down: "red", disabled: "gray" } as const

const columns = "service state era transport endpoints tools calls errors p50/p99_ms last_error"

export function drawServices(services: readonly Service[]): string {
  const head = columns.split(" ").map((column) => column.replace("_", " "))
  const table = new Table({ head, style: { head: [], border: [], compact: true } })
  for (const service of services) table.push(row(service))
  return table.toString()
}

function row(service: Service): string[] {
  const { name, state, era = "-", transport, endpoints, tools, calls, errors, p50Ms, p99Ms, lastError } = service
  const color = Object.hasOwn(colors, state) ? colors[state as keyof typeof colors] : "red"
  const latency = p50Ms === undefined ? "-" : `${Math.round(p50Ms)}/${Math.round(p99Ms ?? p50Ms)}`
  const cells = [
    era,
    transport,
    endpoints ? ofEndpoints(endpoints) : "-",
    tools,
    calls,
    errors,
    latency,
    lastError ? `${ago(lastError.at)}: ${lastError.message.slice(0, 50)}` : "",
  ].map((cell) => visibleLine(String(cell)))
  return [visibleLine(name), paint(color, visibleLine(state)), ...cells]
}

/** `1/2`, and how many are left alone by their breaker, or by those of how many workers. */
function ofEndpoints(endpoints: readonly Endpoint[]): string {
  const healthy = endpoints.filter((endpoint) => endpoint.healthy).length
  const open = endpoints.filter(({ breaker = "closed" }) => breaker !== "closed").length
  const workers = Math.max(0, ...endpoints.map(({ openWorkers = 0 }) => openWorkers))
  const by = workers > 0 ? ` by ${workers} ${workers === 1 ? "worker" : "workers"}` : ""
  return `${healthy}/${endpoints.length}${open > 0 ? ` (${open} open${by})` : ""}`
}
