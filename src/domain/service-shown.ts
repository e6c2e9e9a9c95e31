/**
 * What may be shown of a service's definition: names of variables and headers but not their values, addresses without
 * credentials, arguments without what looks like one. Placeholders are no secrets and stay.
 */

import { hidden, hideLiterals, holdsPlaceholder } from "./placeholder.ts"
import type { ServiceDefinition } from "./service.ts"

export function redactDefinition(definition: ServiceDefinition): ServiceDefinition {
  if (definition.type === "stdio") {
    return { ...definition, args: redactArguments(definition.args), env: redactValues(definition.env) }
  }
  const endpoints = definition.endpoints.map((endpoint) => ({ ...endpoint, url: redactUrl(endpoint.url) }))
  return { ...definition, headers: redactValues(definition.headers), endpoints }
}

function redactValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hideLiterals(value)]))
}

/** Everything between `//` and the last `@` of the authority, and everything from the first `?` or `#` on. */
function redactUrl(url: string): string {
  const withoutUser = url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${hidden}@`)
  return withoutUser.replace(/([?#]).+$/s, `$1${hidden}`)
}

const secretFlag = /^--?[a-z0-9_-]*(?:key|token|secret|passw|pwd|auth|credential|bearer|cookie|header)[a-z0-9_-]*/i
const knownSecret = /^(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[a-z]|mm)[-_]|^(?:eyJ|AKIA|Bearer )/

function redactArguments(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const before = args[index - 1]
    if (before !== undefined && !before.includes("=") && secretFlag.test(before) && !arg.startsWith("-"))
      return hideLiterals(arg)
    return redactArgument(arg)
  })
}

function redactArgument(arg: string): string {
  const equals = arg.indexOf("=")
  if (equals > 0 && secretFlag.test(`--${arg.slice(0, equals).replace(/^-+/, "")}`)) {
    return `${arg.slice(0, equals + 1)}${hideLiterals(arg.slice(equals + 1))}`
  }
  if (knownSecret.test(arg) && !holdsPlaceholder(arg)) return hidden
  return arg.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s]+/gi, redactUrl)
}
