/**
 * What may be shown of a service's definition: names of variables and headers but not their values, addresses without
 * credentials, arguments without what looks like one. Placeholders are no secrets and stay.
 */

import { hidden, hideLiterals, holdsPlaceholder } from "../secrets/placeholder.ts"
import { isRecord, serviceFile } from "./service-file.ts"
import type { ServiceDefinition } from "./service.ts"

export function redactDefinition(definition: ServiceDefinition): ServiceDefinition {
  if (definition.type === "stdio") {
    return { ...definition, args: redactArguments(definition.args), env: redactValues(definition.env) }
  }
  const endpoints = definition.endpoints.map((endpoint) => ({ ...endpoint, url: redactUrl(endpoint.url) }))
  return { ...definition, headers: redactValues(definition.headers), endpoints }
}

/** The same for the JSON object of a service's file that has passed its schema, and what clients keep in one beside. */
export function redactRaw(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(raw).map(([name, value]) => {
      const isKnown = Object.hasOwn(serviceFile.shape, name) || typeof value === "boolean"
      return [name, isKnown ? (rawRedactions.get(name)?.(value) ?? value) : hidden]
    }),
  )
}

const rawRedactions = new Map<string, (value: unknown) => unknown>([
  ["args", (value) => redactArguments(listOf(value).map(String))],
  ["env", redactRecord],
  ["headers", redactRecord],
  ["url", (value) => redactUrl(String(value))],
  ["endpoints", (value) => listOf(value).map(redactEndpoint)],
])

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function redactEndpoint(endpoint: unknown): unknown {
  return isRecord(endpoint) ? { ...endpoint, url: redactUrl(String(endpoint["url"])) } : hidden
}

function redactRecord(value: unknown): unknown {
  if (!isRecord(value)) return hidden
  return redactValues(Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)])))
}

function redactValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hideLiterals(value)]))
}

/** Everything between `//` and the last `@` of the authority, and everything from the first `?` or `#` on. */
function redactUrl(url: string): string {
  const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:[/\\]{2,})[^/\\?#]*@/i, `$1${hidden}@`)
  return withoutUser.replace(/([?#]).+$/s, `$1${hidden}`)
}

/** Of bounded length, so that no argument takes long to look through. */
const nameRest = "[a-z0-9_.-]{0,64}"
const secretName = `(?:key|token|secret|passw|pwd|auth|credential|bearer|cookie|header)${nameRest}`
const secretFlag = new RegExp(`^-${nameRest}${secretName}$`, "i")
/** `API_KEY=`, `--env=API_KEY=`, `Authorization: `, `"apiKey":`, and what comes after to the end. */
const secretMember = new RegExp(`(${secretName}(?:=|["']\\s{0,8}:|:\\s))(.+)$`, "is")
const knownSecret = /^(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[a-z]|mm)[-_]|^(?:eyJ|AKIA|Bearer )/

function redactArguments(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const before = args[index - 1] ?? ""
    const isValue = (before === "-H" || secretFlag.test(before)) && !arg.startsWith("-")
    return isValue ? hideLiterals(arg) : redactArgument(arg)
  })
}

function redactArgument(arg: string): string {
  if (knownSecret.test(arg) && !holdsPlaceholder(arg)) return hidden
  const withoutUrls = arg.replaceAll(/[a-z][a-z0-9+.-]{0,31}:[/\\]{2,}[^\s]+/gi, redactUrl)
  return withoutUrls.replace(secretMember, (_all, name: string, value: string) => name + hideLiterals(value))
}
