/**
 * Every setting of the gateway, once. The keys of the file, the flags, the variables, `mcp-meta config` and
 * docs/configuration.md all come from here.
 */

import { exportFormats } from "../domain/audit/log.ts"
import { limits } from "./limits.ts"
import { pinModes } from "../domain/pins/pin.ts"
import { approvalScopes } from "../domain/plans/plan.ts"
import {
  webAddress,
  addresses,
  choice,
  list,
  optionalPath,
  optionalText,
  path,
  secret,
  text,
  toggle,
  whole,
  type Setting,
} from "./setting.ts"

const bytes = { unit: "bytes" }
const ms = { unit: "ms" }
const KiB = 1_024
const minuteMs = 60_000
const hourMs = 60 * minuteMs

const table = {
  host: text("127.0.0.1", "The address to listen on."),
  publicUrl: webAddress(
    "Where people reach this gateway, such as `https://mcp.example.com`: links to the pages of plans begin with it. Without it they begin with where it listens.",
  ),
  port: whole(4444, { min: 0, max: 65_535 }, "The port to listen on; 0 picks a free one."),
  data: path("data", "The folder of what the gateway keeps: principals, keys, lists."),
  servers: path("servers.d", "The folder of the services' files."),
  pin: choice(
    pinModes,
    "first_use",
    "Which definitions of a service whose file sets no `pin` are approved by themselves: those of the first list it ever gives, none (`approve`), or all there will ever be (`off`). What is not approved is neither listed nor callable.",
  ),
  serversReadonly: toggle(
    "Services come from the files alone, as from a repository: an operation that would change them answers with the patch to commit.",
  ),
  workers: whole(
    1,
    { unit: "processes", max: 64 },
    "Processes that serve HTTP. With more than one, a process of their own owns state, quotas, audit log and programs, and the others make calls.",
  ),
  insecureHttp: toggle("Listens on more than loopback without TLS. Keys then cross the network in clear."),
  allowedHosts: list("Host names, beside loopback, under which clients may address the gateway."),
  allowedOrigins: list("Origins of web pages that may call the gateway, such as `https://chat.example.com`."),
  trustedProxies: addresses(
    "Addresses or networks (`10.0.0.0/8`) of proxies in front, whose `X-Forwarded-For` says whom a request is from. Of others it says nothing. `limits.connectionsPerSource` does not hold for them: they must limit each of their clients.",
  ),
  url: optionalText("Where commands find the gateway; without it, in the data folder."),
  key: secret(
    "The key that commands send, and on whose behalf `mcp-meta stdio` serves; without it, that of the data folder.",
  ),
  tls: {
    cert: optionalPath("The certificate chain (PEM) to serve HTTPS with."),
    key: optionalPath("The private key (PEM) of `tls.cert`."),
    clientCa: optionalPath(
      "The authorities (PEM) of clients' certificates. Who shows none of theirs is refused in the handshake, before any key is looked at.",
    ),
    clientNames: list(
      "Names (DNS, URI, mail or IP address of the subject, or common name) of which a client's certificate must have one; without any, each of `tls.clientCa` will do.",
    ),
  },
  cli: {
    ca: optionalPath(
      "The authorities (PEM) that commands check the gateway's certificate against, beside the system's.",
    ),
    cert: optionalPath("The certificate (PEM) that commands show to a gateway with `tls.clientCa`."),
    certKey: optionalPath("The private key (PEM) of `cli.cert`."),
  },
  log: {
    level: choice(
      ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
      "info",
      "The least severe entry that the log keeps.",
    ),
  },
  health: {
    intervalMs: whole(
      30_000,
      { ...ms, min: 1_000 },
      "The time between two health checks of a service that sets none of its own.",
    ),
    timeoutMs: whole(5_000, ms, "How long a health check may take."),
  },
  breaker: {
    failures: whole(
      3,
      { unit: "calls", min: 0 },
      "Failed calls in a row after which an endpoint gets none for a while; 0 lets any number fail. Each setting of the breaker holds for services that set none of their own.",
    ),
    failurePercent: whole(
      50,
      { unit: "percent", min: 0, max: 100 },
      "The share of failed calls in a window after which an endpoint gets none for a while; 0 lets any share fail.",
    ),
    calls: whole(20, { unit: "calls" }, "Calls in a window before their share counts."),
    windowMs: whole(30_000, ms, "How long a window is, from its first failure."),
    waitMs: whole(
      1_000,
      ms,
      "How long an endpoint is left alone at first, before one call may try it: this or as little as half of it. Each try that fails doubles it.",
    ),
    maxWaitMs: whole(minuteMs, ms, "The longest that an endpoint is left alone."),
  },
  audit: {
    sync: choice(
      ["process", "power"],
      "process",
      "What an entry on record survives: the end of the process, or the loss of power too (a sync to disk before each answer).",
    ),
    timeoutMs: whole(5_000, ms, "How long an entry may take to be on record; the call is refused after it."),
    payloads: choice(
      ["digest", "redacted"],
      "digest",
      "What is kept of arguments and results: salted digests and sizes, or redacted copies beside them. A service's file may say otherwise for its calls.",
    ),
    copyBytes: whole(16 * KiB, { ...bytes, min: 256 }, "The largest redacted copy; the rest is cut off."),
    retentionDays: whole(
      0,
      { unit: "days", min: 0, max: 36_500 },
      "How long entries are kept; 0 keeps them for good. What is dropped is closed by a signed checkpoint.",
    ),
    file: {
      path: optionalPath("A file to which each entry is appended as well."),
      format: choice(exportFormats, "jsonl", "The form of the entries in `audit.file.path`."),
    },
    webhook: {
      url: optionalText("Where entries and checkpoints are posted to as JSON Lines, at least once and in order."),
      secret: secret("The key of the signatures of `audit.webhook.url` (Standard Webhooks, HMAC-SHA256)."),
    },
    syslog: {
      host: optionalText("A syslog server (RFC 5424 over TLS) to which each entry is sent."),
      port: whole(6_514, { max: 65_535 }, "The port of `audit.syslog.host`."),
      ca: optionalPath("The authorities (PEM) that `audit.syslog.host` is checked against, beside the system's."),
      format: choice(exportFormats, "cef", "The form of the entries sent to `audit.syslog.host`."),
    },
  },
  outbound: {
    strict: choice(
      ["operations", "all"],
      "operations",
      "Which services may only be reached over https, and at public addresses: those that came through operations of principals without `services:stdio:write`, or all whose file has no `network`, and the addresses of the audit log's sinks.",
    ),
    allow: addresses("Addresses or networks (`10.0.0.0/8`) where such services may be, beside public ones."),
    http: toggle("Lets such services be reached over `http:` and `ws:` too."),
  },
  stdio: {
    strict: choice(
      ["operations", "all"],
      "operations",
      "Whose command lines are held to the rules (no shell, no code in arguments, no variable that loads something): those that come through operations, or those of services' files as well.",
    ),
    commands: list(
      "Programs that such a command line may use beside what it may anyway: names (`npx`; `node` always) in place of absolute paths, and programs of the system by their paths (`/usr/bin/mcp-server`).",
    ),
  },
  overload: {
    rssBytes: whole(
      0,
      { ...bytes, min: 0, max: Number.MAX_SAFE_INTEGER },
      "Memory (RSS) that one process may take: from 85 % of it the gateway takes less. 0 is what the container or the machine has, divided among the processes of `workers`.",
    ),
    delayMs: whole(
      2_000,
      { ...ms, min: 10 },
      "The delay of the event loop, held for a second, from which no new calls are taken; from half of it no new sessions.",
    ),
  },
  history: {
    keep: whole(
      10_000,
      { unit: "revisions" },
      "Revisions of the configuration that are kept at least, as far as `history.bytes` lets them; whole files of them are dropped.",
    ),
    keepDays: whole(
      0,
      { unit: "days", min: 0, max: 36_500 },
      "How long revisions are kept; 0 keeps them for as long as there is room.",
    ),
    bytes: whole(
      268_435_456,
      { unit: "bytes", min: 4_194_304 },
      "The room that all revisions may take; the oldest are dropped above it.",
    ),
  },
  governance: {
    approval: choice(
      approvalScopes,
      "agents",
      "Whose changes of high risk wait for the approval of another principal: those of agents and workloads, those of all, or nobody's (`off`).",
    ),
    maxAccessMinutes: whole(
      480,
      { unit: "minutes", max: 43_200 },
      "The longest time for which request_access may ask.",
    ),
    taint: choice(
      ["agents", "all", "off"],
      "agents",
      "Whose changes to the gateway need an approval after they received results of a service that is marked `trust: untrusted`: those of agents and workloads, of everyone, of nobody.",
    ),
    taintCalls: whole(
      20,
      { unit: "calls" },
      "Calls of other services after which that is over, once `governance.taintMinutes` have passed too.",
    ),
    taintMinutes: whole(
      10,
      { unit: "minutes", min: 0, max: 10_080 },
      "How long it lasts at least, so that many calls in a row do not end it.",
    ),
    planMs: whole(
      hourMs,
      { ...ms, min: minuteMs },
      "How long a plan may be approved and applied after it was made.",
    ),
    approvalMs: whole(
      10 * minuteMs,
      { ...ms, min: 1_000 },
      "How long an approval counts; it is used up by the plan that it is for.",
    ),
    plansPerPrincipal: whole(
      20,
      { unit: "plans", max: 100 },
      "Open plans of one principal. Of its dry runs the oldest makes room; what waits for an approval does not.",
    ),
    plans: whole(200, { unit: "plans", max: 200 }, "Open plans of all principals."),
  },
  limits,
} as const

type Values<Table> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : Values<Table[Key]>
}

export type Config = Values<typeof table>

/** A setting with its names: `limits.bodyBytes`, `--limits-body-bytes`, `MCP_META_LIMITS_BODY_BYTES`. */
export type NamedSetting = Setting & { readonly key: string; readonly flag: string; readonly variable: string }

type Node = Setting | { readonly [key: string]: Node }

export const settings: readonly NamedSetting[] = name(table)

function name(node: { readonly [key: string]: Node }, prefix = ""): readonly NamedSetting[] {
  return Object.entries(node).flatMap(([part, child]) => {
    const key = prefix + part
    if (!isSetting(child)) return name(child, `${key}.`)
    const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll(".", "-")
    return [
      { ...child, key, flag: `--${words}`, variable: `MCP_META_${words.replaceAll("-", "_").toUpperCase()}` },
    ]
  })
}

function isSetting(node: Node): node is Setting {
  return typeof node["sentence"] === "string"
}
