/**
 * Names under which many services share one list, and the way back. Nothing here is remembered: a name is always
 * derived the same way, so it survives restarts and is equal on every replica.
 */

import { hash } from "node:crypto"

/** What model APIs accept for a tool: `[A-Za-z0-9_-]{1,64}`. */
const maxNameLength = 64
const separator = "__"
const suffixLength = 9

/** The name of a service's tool or prompt among those of all services. */
export function sharedName(service: string, name: string): string {
  const full = `${service}${separator}${name}`
  const plain = full.replaceAll(/[^A-Za-z0-9_-]/g, "_")
  if (plain === full && full.length <= maxNameLength) return full
  return `${plain.slice(0, maxNameLength - suffixLength)}_${hash("sha256", full).slice(0, suffixLength - 1)}`
}

/** The gateway's own resources have this scheme, whatever services call theirs. */
const reservedScheme = "gateway:"
const wrapScheme = "mcp://"
const appScheme = "ui://"

/**
 * The URI (or URI template) of a service's resource among those of all services. Being a prefix, it leaves a
 * template's expressions where they are. The `ui://` scheme stays in front, since hosts know MCP Apps by it.
 */
export function sharedUri(service: string, uri: string): string {
  if (uri.startsWith(appScheme)) return `${appScheme}${service}/${uri.slice(appScheme.length)}`
  return `${wrapScheme}${service}/${uri}`
}

export function isReservedUri(uri: string): boolean {
  return uri.slice(0, reservedScheme.length).toLowerCase() === reservedScheme
}

/** The service and its own URI that a shared one stands for; undefined where it is not a shared one. */
export function ownUri(uri: string): { readonly service: string; readonly uri: string } | undefined {
  const scheme = uri.startsWith(appScheme) ? appScheme : uri.startsWith(wrapScheme) ? wrapScheme : undefined
  if (!scheme) return undefined
  const slash = uri.indexOf("/", scheme.length)
  if (slash < 0) return undefined
  const rest = uri.slice(slash + 1)
  return { service: uri.slice(scheme.length, slash), uri: scheme === appScheme ? appScheme + rest : rest }
}

/** The name by which grants know a resource: whatever its scheme, the service comes first. */
export function resourceName(service: string, uri: string): string {
  return `${service}/${uri}`
}

/**
 * Whether a URI is an expansion of an RFC 6570 template, as far as routing must know: literals must appear in order,
 * an expression stands for any text, without `/` unless it is of the kind that may hold one. Linear in the URI.
 */
export function matchesTemplate(template: string, uri: string): boolean {
  const parts = template.split(/(\{[^{}]*\})/)
  let at = 0
  for (let index = 0; index < parts.length; index += 2) {
    const literal = parts[index] ?? ""
    const expression = parts[index - 1]
    const found =
      expression === undefined
        ? 0
        : index === parts.length - 1
          ? uri.length - literal.length
          : uri.indexOf(literal, at)
    if (found < at || !uri.startsWith(literal, found)) return false
    if (expression !== undefined && !mayHoldSlash(expression) && uri.slice(at, found).includes("/")) return false
    at = found + literal.length
  }
  return at === uri.length
}

function mayHoldSlash(expression: string): boolean {
  return /^\{[+#/?&]/.test(expression)
}
