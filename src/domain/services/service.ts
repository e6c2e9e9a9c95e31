/**
 * A service: a registered MCP server behind the gateway, as its file defines it, and the port through which the files
 * are kept. Placeholders stay as they are written; they are resolved where a connection is made.
 *
 * The fields of a file: service-file.ts. What may be shown of a service: service-shown.ts.
 */

import { GatewayError } from "../../errors.ts"
import { readBreaker, type BreakerRules } from "./breaker-rules.ts"
import type { Cost } from "../cost.ts"
import { describeIssues } from "../describe-issues.ts"
import type { NetworkRules } from "./network-rules.ts"
import type { PinMode } from "../pins/pin.ts"
import type { ServicePreview } from "./service-preview.ts"
import { readEndpoints } from "./service-endpoints.ts"
import { fromClientEntry, isRecord, serviceFile, serviceName, type ServiceFile } from "./service-file.ts"
import { wrongService } from "./service-problem.ts"
import { visibleJson } from "../visible-text.ts"

type ServiceFacts = {
  readonly name: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly tags: readonly string[]
  readonly enabled: boolean
  readonly owner: string | undefined
  readonly region: string | undefined
  /** Who may share a connection: everyone, the calls of one principal, the calls of one session. */
  readonly isolation: "shared" | "principal" | "session"
  /** Idle time of a call, starting again with each sign of progress. */
  readonly timeoutMs: number
  /** All the time a call may take. At least `timeoutMs`. */
  readonly maxTimeMs: number
  /** Calls open at once, per endpoint. */
  readonly concurrency: number
  readonly health: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly breaker: BreakerRules
  readonly tools: ToolRules
  readonly audit: AuditRules
  readonly passthrough: RelayTerms["passthrough"]
  readonly cache: RelayTerms["cache"]
  /** Whether whoever receives its results may go on to manage the gateway unasked: taint.ts. */
  readonly trust: "trusted" | "untrusted"
  /** Whether its names carry the service's name in the list of all. */
  readonly prefix: boolean
  /** What of its definitions is taken as approved. */
  readonly pin: PinMode
}

/** In patterns `*` stands for any run of characters. What is denied stays so even where it is allowed. */
type ToolRules = {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** The service's name of a tool -> the name to show. */
  readonly rename: Readonly<Record<string, string>>
  readonly describe: Readonly<Record<string, string>>
  /** By name or pattern; the name itself wins, then the first pattern. */
  readonly cost: Readonly<Record<string, Cost>>
}

/** What of its calls the audit log keeps, where that is not what is kept of every service's. */
export type AuditRules = {
  readonly payloads: "digest" | "redacted" | undefined
  /** Names of members whose values are kept from any copy. */
  readonly redact: readonly string[]
}

/** What of its traffic goes through as it is. */
export type RelayTerms = {
  /** Methods of its own, beside those of the specification, that clients may call. */
  readonly passthrough: readonly string[]
  /** Whether what it says everyone may keep is the same for every principal. */
  readonly cache: "private" | "public"
  /** All the time a call may take, in ms. */
  readonly maxTimeMs: number
}

type ServiceEndpoint = {
  readonly url: string
  readonly weight: number
  readonly region: string | undefined
}

export type StdioService = ServiceFacts & {
  readonly type: "stdio"
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
}

export type UrlService = ServiceFacts & {
  readonly type: "http" | "sse" | "websocket"
  readonly headers: Readonly<Record<string, string>>
  /** Never empty. */
  readonly endpoints: readonly ServiceEndpoint[]
  readonly balance: "round_robin" | "weighted" | "least_connections" | "hash"
  /** Undefined where its file says nothing of it. */
  readonly network: NetworkRules | undefined
}

export type ServiceDefinition = StdioService | UrlService

/** One service's part of a file: the JSON object as it was written, and what it comes to. */
export type ServiceEntry = {
  /** The member of `mcpServers` or `servers` that holds it; undefined where the file is the entry. */
  readonly within: { readonly list: "mcpServers" | "servers"; readonly key: string } | undefined
  readonly raw: Readonly<Record<string, unknown>>
  readonly definition: ServiceDefinition
}

export type ServiceSource = ServiceEntry & { readonly file: string }

export type FileProblem = { readonly file: string; readonly message: string; readonly sinceMs: number }

/** By name. One change is everything that one look at the files found. */
export type ServicesChange = {
  readonly added: readonly ServiceDefinition[]
  readonly changed: readonly ServiceDefinition[]
  readonly removed: readonly string[]
}

/** The files that define the services. What is written is live, and told to the listeners, before it resolves. */
export interface ServiceFiles extends ServicePreview {
  /** Sorted by name. A file that became unreadable is still here with its last good version. */
  list(): readonly ServiceSource[]
  problems(): readonly FileProblem[]
  /**
   * Writes one service, in the place where it stands already or as a new file.
   *
   * @param raw the JSON object of its file, placeholders unresolved
   * @throws GatewayError `invalid`; `conflict` when `ifNew` and the service exists, its file no longer says `ifRaw`, or
   *   may not be written
   */
  write(
    name: string,
    raw: Readonly<Record<string, unknown>>,
    options: { readonly ifNew: boolean; readonly ifRaw?: ServiceEntry["raw"] | undefined },
  ): Promise<ServiceSource>
  /** @throws GatewayError `not_found`; `conflict` also where its file no longer says `ifRaw` */
  remove(name: string, options?: { readonly ifRaw: ServiceEntry["raw"] }): Promise<void>
  /** @returns how to stop listening */
  onChange(listener: (change: ServicesChange) => void): () => void
  /** Tells that `problems` answers something else now. @returns how to stop listening */
  onProblems(listener: () => void): () => void
}

/** The services of one file's content, or of what someone pastes. @throws GatewayError `invalid` */
export function readServiceFile(stem: string, json: unknown): ServiceDefinition[] {
  return readServiceEntries(stem, json).map(({ definition }) => definition)
}

/** As above, each with where it stands. */
export function readServiceEntries(stem: string, json: unknown): ServiceEntry[] {
  if (!isRecord(json))
    throw new GatewayError("invalid", "A service is defined by a JSON object; put the fields into { }.")
  for (const list of ["mcpServers", "servers"] as const) {
    const services = json[list]
    if (services === undefined) continue
    if (!isRecord(services))
      throw new GatewayError("invalid", `Field "${list}" must be an object of services by name.`)
    return withoutRepetition(Object.entries(services).map(([key, entry]) => readEntry(key, entry, { list, key })))
  }
  return [readEntry(stem, json, undefined)]
}

function withoutRepetition(entries: ServiceEntry[]): ServiceEntry[] {
  const names = new Set<string>()
  for (const { definition } of entries) {
    if (names.has(definition.name))
      throw new GatewayError("invalid", `Service ${definition.name} is there twice; rename one.`)
    names.add(definition.name)
  }
  return entries
}

function readEntry(stem: string, raw: unknown, within: ServiceEntry["within"]): ServiceEntry {
  const called = `Service ${visibleJson(JSON.stringify(stem.slice(0, 64)))}`
  if (!isRecord(raw)) throw new GatewayError("invalid", `${called} must be a JSON object.`)
  const read = serviceFile.safeParse(fromClientEntry(raw))
  if (!read.success)
    throw new GatewayError("invalid", `${called} is not right. ${describeIssues(read.error, serviceFile)}`)
  const name = serviceName.safeParse(read.data.name ?? stem)
  if (!name.success) {
    const rule = name.error.issues[0]?.message ?? ""
    throw new GatewayError("invalid", `${called} needs a proper name: ${rule}; give one in the field "name".`)
  }
  return { within, raw, definition: define(name.data, read.data) }
}

const defaults = {
  timeoutMs: 60_000,
  maxTimeMs: 600_000,
  concurrency: 256,
  healthIntervalMs: 30_000,
  healthTimeoutMs: 5_000,
}

function define(name: string, file: ServiceFile): ServiceDefinition {
  const facts = { ...factsOf(name, file), ...timesOf(name, file) }
  const type = file.type ?? inferType(name, file)
  refuseStrangers(name, type, file)
  if (type !== "stdio") return { ...facts, type, headers: file.headers ?? {}, ...readEndpoints(name, type, file) }
  if (file.command === undefined) throw wrongService(name, 'A stdio service needs the field "command".')
  return { ...facts, type, command: file.command, args: file.args ?? [], env: file.env ?? {}, cwd: file.cwd }
}

function factsOf(name: string, file: ServiceFile): Omit<ServiceFacts, "timeoutMs" | "maxTimeMs"> {
  const { title, description, owner, region, tools, health } = file
  const rename = tools?.rename ?? {}
  if (new Set(Object.values(rename)).size < Object.keys(rename).length) {
    throw wrongService(name, 'Two tools get the same name in "tools.rename"; give each its own.')
  }
  return {
    name,
    title,
    description,
    tags: file.tags ?? [],
    enabled: file.enabled ?? true,
    owner,
    region,
    isolation: file.isolation ?? "shared",
    concurrency: file.concurrency ?? defaults.concurrency,
    health: {
      intervalMs: health?.intervalMs ?? defaults.healthIntervalMs,
      timeoutMs: health?.timeoutMs ?? defaults.healthTimeoutMs,
    },
    breaker: readBreaker(file.breaker),
    tools: {
      allow: tools?.allow ?? ["*"],
      deny: tools?.deny ?? [],
      rename,
      describe: tools?.describe ?? {},
      cost: tools?.cost ?? {},
    },
    audit: { payloads: file.audit?.payloads, redact: file.audit?.redact ?? [] },
    passthrough: file.passthrough ?? [],
    cache: file.cache ?? "private",
    trust: file.trust ?? "trusted",
    prefix: file.prefix ?? true,
    pin: file.pin ?? "first_use",
  }
}

function timesOf(name: string, file: ServiceFile): Pick<ServiceFacts, "timeoutMs" | "maxTimeMs"> {
  const maxTimeMs = file.maxTimeMs ?? Math.max(defaults.maxTimeMs, file.timeoutMs ?? 0)
  const timeoutMs = file.timeoutMs ?? Math.min(defaults.timeoutMs, maxTimeMs)
  if (timeoutMs > maxTimeMs)
    throw wrongService(name, '"timeoutMs" is more than "maxTimeMs"; lower the one or raise the other.')
  return { timeoutMs, maxTimeMs }
}

function inferType(name: string, { command, url, endpoints }: ServiceFile): ServiceDefinition["type"] {
  if (command !== undefined) return "stdio"
  const first = url ?? endpoints?.[0]?.url
  if (first === undefined)
    throw wrongService(name, 'Say how to reach it: "command" for a program, "url" or "endpoints" for the network.')
  if (/^wss?:/i.test(first)) return "websocket"
  return /\/sse\/?(?:[?#]|$)/.test(first) ? "sse" : "http"
}

const stdioFields = ["command", "args", "env", "cwd"] as const
const urlFields = ["url", "headers", "endpoints", "balance", "network"] as const

/** Fields of the other kind are refused unless empty: what someone wrote must not be passed over in silence. */
function refuseStrangers(name: string, type: ServiceDefinition["type"], file: ServiceFile): void {
  const strangers = (type === "stdio" ? urlFields : stdioFields).filter(
    (field) => Object.keys(file[field] ?? {}).length > 0,
  )
  if (strangers[0] !== undefined)
    throw wrongService(
      name,
      `Field "${strangers[0]}" has no meaning for type ${type}; remove it or correct "type".`,
    )
}
