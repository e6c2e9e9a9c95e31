/**
 * The official conformance suites we hold ourselves to, as data. How one is run: run.ts.
 *
 * Two releases of the same package: 0.1.16 is what npm calls latest and ends at 2025-11-25; the alpha knows
 * 2026-07-28, and the frozen set of scenarios that each revision requires.
 */
export type Suite = {
  readonly name: string
  /** The MCP revision that is spoken. */
  readonly revision: string
  /** Which fixture answers; in acrossSuites it speaks the other era than `revision`. */
  readonly fixture: "legacy" | "modern"
  /** Which endpoint of a gateway is tested: that of the one service, or that of all. */
  readonly endpoint: "service" | "all"
  readonly package: "conformance-0.1" | "@modelcontextprotocol/conformance"
  /** Arguments of one run each. */
  readonly runs: readonly (readonly string[])[]
  /** Ids of checks that say nothing here, whatever they find. */
  readonly leftOut: readonly string[]
  /** Failures that must be, `scenario` or `scenario:check-id` -> why. One that does not happen is a failure itself. */
  readonly expected: Readonly<Record<string, string>>
}

/** The gateway as the client under test, with a scripted client of either era in front of it: scripted-client.ts. */
export type ClientSuite = {
  readonly name: string
  readonly revision: string
  readonly script: "legacy" | "modern"
  readonly scenarios: readonly string[]
}

const alpha = "@modelcontextprotocol/conformance"

/** Through one service without a prefix, or straight to the fixture: everything. */
export const suites: readonly Suite[] = [
  {
    name: "active",
    revision: "2025-11-25",
    fixture: "legacy",
    endpoint: "service",
    package: "conformance-0.1",
    runs: [["--suite", "active"]],
    leftOut: [],
    expected: {},
  },
  {
    name: "requirements",
    revision: "2025-11-25",
    fixture: "legacy",
    endpoint: "service",
    package: alpha,
    runs: [["--requirements", "2025-11-25"]],
    leftOut: [],
    expected: {},
  },
  {
    name: "requirements",
    revision: "2026-07-28",
    fixture: "modern",
    endpoint: "service",
    package: alpha,
    runs: [["--requirements", "2026-07-28"]],
    leftOut: [],
    expected: {},
  },
  {
    name: "all",
    revision: "2026-07-28",
    fixture: "modern",
    endpoint: "service",
    package: alpha,
    runs: [["--suite", "all", "--spec-version", "2026-07-28"]],
    leftOut: [],
    expected: {},
  },
]

/** Through the endpoint of all services, where names have prefixes: the scenarios that call nothing by its name. */
export const aggregateSuites: readonly Suite[] = [
  {
    name: "generic",
    revision: "2025-11-25",
    fixture: "legacy",
    endpoint: "all",
    package: alpha,
    runs: eachOf("2025-11-25", [
      "server-initialize",
      "server-session-lifecycle",
      "ping",
      "logging-set-level",
      "tools-list",
      "resources-list",
      "prompts-list",
      "server-sse-multiple-streams",
      "dns-rebinding-protection",
    ]),
    leftOut: [],
    expected: {},
  },
  {
    name: "generic",
    revision: "2026-07-28",
    fixture: "modern",
    endpoint: "all",
    package: alpha,
    runs: eachOf("2026-07-28", [
      "server-stateless",
      "tools-list",
      "resources-list",
      "prompts-list",
      "server-sse-multiple-streams",
      "dns-rebinding-protection",
      "caching",
      "http-header-validation",
      "sep-2164-resource-not-found",
      "input-required-result-unsupported-methods",
    ]),
    // These call a diagnostic tool by the name it has without a prefix.
    leftOut: [
      "sep-2575-server-rejects-undeclared-capability",
      "sep-2575-missing-capability-http-400",
      "sep-2575-http-server-no-independent-requests-on-stream",
      "sep-2575-server-no-log-without-loglevel",
      "sep-2575-server-sends-prompts-list-changed-on-subscription",
      "sep-2575-server-sends-tools-list-changed-on-subscription",
    ],
    expected: {},
  },
]

/** Clients of one era with a service of the other: what fails is what the service's own era has no words for. */
export const acrossSuites: readonly Suite[] = [
  {
    name: "requirements across eras",
    revision: "2025-11-25",
    fixture: "modern",
    endpoint: "service",
    package: alpha,
    runs: [["--requirements", "2025-11-25"]],
    leftOut: [],
    expected: {},
  },
  {
    name: "all across eras",
    revision: "2026-07-28",
    fixture: "legacy",
    endpoint: "service",
    package: alpha,
    runs: [["--suite", "all", "--spec-version", "2026-07-28"]],
    leftOut: [],
    expected: {
      "input-required-result-basic-elicitation:sep-2322-elicitation-incomplete":
        "a legacy service gives its questions no keys, so the key is the gateway's",
      "server-stateless:sep-2575-server-rejects-undeclared-capability":
        "a legacy service that may not ask says so by an error of its own: -32021 is not of its era",
      "server-stateless:sep-2575-missing-capability-http-400":
        "the status belongs to the error -32021, which is not of the service's era",
    },
  },
]

const ofSessions = [
  "initialize",
  "tools_call",
  "elicitation-sep1034-client-defaults",
  "sse-retry",
  "json-schema-2020-12-preservation",
]
const stateless = [
  "tools_call",
  "request-metadata",
  "sep-2322-client-request-state",
  "http-standard-headers",
  "http-custom-headers",
  "http-invalid-tool-headers",
  "json-schema-ref-no-deref",
  "json-schema-2020-12-preservation",
]

/** The scenarios that each revision requires of clients, without those of authorization. */
export const clientSuites: readonly ClientSuite[] = [
  { name: "client", revision: "2025-11-25", script: "legacy", scenarios: ofSessions },
  { name: "client", revision: "2026-07-28", script: "modern", scenarios: stateless },
  { name: "client across eras", revision: "2025-11-25", script: "modern", scenarios: ofSessions },
  { name: "client across eras", revision: "2026-07-28", script: "legacy", scenarios: stateless },
]

function eachOf(revision: string, scenarios: readonly string[]): string[][] {
  return scenarios.map((scenario) => ["--scenario", scenario, "--spec-version", revision])
}
