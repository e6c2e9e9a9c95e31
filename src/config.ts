/**
 * The configuration: one table of settings (config/table.ts) and the order in which flag, variable, file and default
 * speak for each. Nothing else in the source reads the environment; what others need of it is given out here.
 */

import { isIP, BlockList } from "node:net"
import { resolve } from "node:path"
import { readConfigFile, type ConfigFile } from "./config/file.ts"
import { settings, type Config, type NamedSetting } from "./config/table.ts"
import { sayIssue } from "./domain/describe-issues.ts"
import { findNearest } from "./domain/nearest.ts"
import { GatewayError } from "./errors.ts"

export { settings, type Config, type NamedSetting } from "./config/table.ts"

type Environment = Readonly<Record<string, string | undefined>>

export type ConfigSources = {
  /** By dotted key; `config` names the file. */
  readonly flags?: Readonly<Record<string, string>>
  readonly env?: Environment
  readonly cwd?: string
}

/** A value in effect, and where it comes from: `flag --port`, `variable MCP_META_PORT`, `mcp-meta.yaml:3`, `default`. */
type Origin = { readonly key: string; readonly value: unknown; readonly from: string }

export type LoadedConfig = { readonly config: Config; readonly origins: readonly Origin[] }

/** Variables under our prefix that are no settings. Kubernetes sets the last two for a Service named mcp-meta. */
const otherVariables = /^MCP_META_(CONFIG$|SECRET_|TESTS_|SERVICE_|PORT_)/

/** @throws GatewayError `invalid` naming what is wrong and where it was said */
export async function loadConfig({
  flags = {},
  env = process.env,
  cwd = process.cwd(),
}: ConfigSources = {}): Promise<LoadedConfig> {
  refuseUnknownFlags(flags)
  refuseUnknownVariables(env)
  const file = await readConfigFile(cwd, flags["config"] ?? env["MCP_META_CONFIG"])
  refuseUnknownKeys(file)
  const origins = settings.map((setting) => decide(setting, { flags, env, cwd, file }))
  const config = nest(origins)
  requireWhole(config)
  return { config, origins }
}

/** @throws GatewayError `invalid` for settings that mean nothing without others */
function requireWhole({ tls, cli }: Config): void {
  const wrong = (text: string): never => {
    throw new GatewayError("invalid", text)
  }
  if ((tls.cert === undefined) !== (tls.key === undefined))
    wrong("tls.cert and tls.key belong together; set both or neither.")
  if ((cli.cert === undefined) !== (cli.certKey === undefined))
    wrong("cli.cert and cli.certKey belong together; set both or neither.")
  if (tls.clientCa !== undefined && tls.cert === undefined)
    wrong("tls.clientCa asks for certificates over TLS; set tls.cert and tls.key.")
  if (tls.clientNames.length > 0 && tls.clientCa === undefined)
    wrong("tls.clientNames are of certificates of tls.clientCa; set it.")
}

/** What a test armed in this process: failpoint.ts. */
export function testFailpoint(env: Environment = process.env): string | undefined {
  return env["MCP_META_TESTS_FAILPOINT"]
}

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

/** @throws GatewayError `invalid` where keys would cross a network in clear */
export function requireSafeListening({ host, insecureHttp, tls }: Config): void {
  const family = isIP(host)
  const isLoopback = host === "localhost" || (family > 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4"))
  if (isLoopback || insecureHttp || tls.cert !== undefined) return
  throw new GatewayError(
    "invalid",
    `Listening on ${host} without TLS would send keys in clear. Set tls.cert and tls.key, keep to 127.0.0.1, or say --insecure-http where something in front encrypts.`,
  )
}

type Spoken = { readonly value: unknown; readonly from: string; readonly folder: string }
type Sources = Required<ConfigSources> & { readonly file: ConfigFile | undefined }

function decide(setting: NamedSetting, sources: Sources): Origin {
  const { value, from, folder } = speak(setting, sources)
  const read = setting.schema.safeParse(value)
  if (!read.success) {
    const problem = read.error.issues.map((issue) => sayIssue(issue, setting.schema)).join("; ")
    throw new GatewayError("invalid", `${setting.key} (${from}) is wrong: ${problem}.`)
  }
  const isPath = setting.path && typeof read.data === "string"
  return { key: setting.key, value: isPath ? resolve(folder, read.data as string) : read.data, from }
}

function speak(
  { key, flag, variable, read = (text) => text, ...setting }: NamedSetting,
  { flags, env, cwd, file }: Sources,
): Spoken {
  const said = flags[key]
  if (said !== undefined) return { value: read(said), from: `flag ${flag}`, folder: cwd }
  const set = env[variable]
  if (set !== undefined && set !== "") return { value: read(set), from: `variable ${variable}`, folder: cwd }
  const written = file?.values.find((value) => value.key === key)
  if (written && setting.secret)
    throw new GatewayError("invalid", `${written.at}: ${key} does not belong in a file; use ${variable}.`)
  if (written) return { value: written.value ?? setting.default, from: written.at, folder: file?.folder ?? cwd }
  return { value: setting.default, from: "default", folder: cwd }
}

function refuseUnknownFlags(flags: NonNullable<ConfigSources["flags"]>): void {
  const unknown = Object.keys(flags).find(
    (key) => key !== "config" && !settings.some((setting) => setting.key === key),
  )
  if (unknown !== undefined) throw unknownSetting(unknown, "")
}

function refuseUnknownKeys(file: ConfigFile | undefined): void {
  const seen = new Set<string>()
  for (const { key, at } of file?.values ?? []) {
    if (!settings.some((setting) => setting.key === key)) throw unknownSetting(key, `${at}: `)
    if (seen.has(key)) throw new GatewayError("invalid", `${at}: ${key} was set before in the same file.`)
    seen.add(key)
  }
}

function refuseUnknownVariables(env: Environment): void {
  const known = settings.map(({ variable }) => variable)
  for (const name of Object.keys(env)) {
    if (!name.startsWith("MCP_META_") || otherVariables.test(name) || known.includes(name)) continue
    throw new GatewayError("invalid", `Unknown variable ${name}. ${hintFor(name, known)}`)
  }
}

function unknownSetting(key: string, at: string): GatewayError {
  const known = settings.map((setting) => setting.key)
  return new GatewayError("invalid", `${at}Unknown setting ${key}. ${hintFor(key, known)}`)
}

function hintFor(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known)
  return nearest === undefined ? 'There is none like it; "mcp-meta config" lists all.' : `Did you mean ${nearest}?`
}

/** `[{key: "log.level", value}]` -> `{ log: { level } }`, all of it frozen. The table has checked every value. */
function nest(origins: readonly Origin[]): Config {
  return grow(origins.map(({ key, value }) => ({ path: key.split("."), value }))) as Config
}

type Leaf = { readonly path: readonly string[]; readonly value: unknown }

function grow(leaves: readonly Leaf[]): unknown {
  if (leaves[0]?.path.length === 0) return leaves[0].value
  const branches = Map.groupBy(leaves, ({ path: [name = ""] }) => name)
  const grown = [...branches].map(([name, inside]) => {
    return [name, grow(inside.map(({ path, value }) => ({ path: path.slice(1), value })))]
  })
  return Object.freeze(Object.fromEntries(grown))
}
