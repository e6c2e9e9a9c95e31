/**
 * How a service is reached, and what of this machine that takes: a program, a value kept here, a socket. Who may define
 * such a service: operations/services/machine-reach.ts; how risky it is: risk.ts.
 */

import type { NetworkRules } from "./network-rules.ts"
import { holdsPlaceholder } from "../secrets/placeholder.ts"
import type { ServiceDefinition } from "./service.ts"

/** What of this machine it uses, in words that follow "a service that"; undefined where nothing. */
export function reachOf(definition: ServiceDefinition): string | undefined {
  if (definition.type === "stdio") return "starts a program on this machine"
  const urls = definition.endpoints.map(({ url }) => url)
  if ([...urls, ...Object.values(definition.headers)].some(holdsPlaceholder))
    return "uses a secret or a variable of this machine"
  return urls.some((url) => /^unix:/i.test(url)) ? "uses a socket of this machine" : undefined
}

/** Whether values that nobody is shown would be sent to where they were not meant for. */
export function sendsElsewhere(before: ServiceDefinition, after: ServiceDefinition): boolean {
  if (before.type === "stdio" || after.type === "stdio") return false
  const known = new Set(before.endpoints.map(({ url }) => hostOf(url)))
  const keepsHeader = Object.entries(after.headers).some(([name, value]) => before.headers[name] === value)
  return keepsHeader && after.endpoints.some(({ url }) => !known.has(hostOf(url)))
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}

function wayTo(definition: ServiceDefinition): readonly unknown[] {
  if (definition.type === "stdio") {
    const { type, command, args, env, cwd } = definition
    return [type, command, args, env, cwd]
  }
  return [definition.type, definition.endpoints.map(({ url }) => url), definition.headers]
}

/** Whether the same is started, or called, in the same way with the same values. */
export function isReachedAlike(before: ServiceDefinition, after: ServiceDefinition): boolean {
  return JSON.stringify(wayTo(before)) === JSON.stringify(wayTo(after))
}

/** Whether the gateway would speak to an address that it does not speak to for the one before. */
export function hasNewAddress(before: ServiceDefinition | undefined, after: ServiceDefinition): boolean {
  const known = new Set(urlsOf(before))
  return urlsOf(after).some((url) => !known.has(url))
}

function urlsOf(definition: ServiceDefinition | undefined): readonly string[] {
  return definition && definition.type !== "stdio" ? definition.endpoints.map(({ url }) => url) : []
}

export function isKnownWay(before: ServiceDefinition | undefined, after: ServiceDefinition): boolean {
  return !!before && isReachedAlike(before, after)
}

export function networkOf(definition: ServiceDefinition | undefined): NetworkRules | undefined {
  return definition?.type === "stdio" ? undefined : definition?.network
}

export function wordsOf(definition: ServiceDefinition | undefined): unknown {
  return [definition?.tools.rename ?? {}, definition?.tools.describe ?? {}]
}

export function offeredOf({ tools, passthrough, prefix }: ServiceDefinition): unknown {
  return [tools.allow, tools.deny, passthrough, prefix]
}

export function sharedOf(definition: ServiceDefinition): unknown {
  const { isolation, cache } = definition
  return [isolation, cache, definition.type === "stdio" ? {} : definition.headers]
}
