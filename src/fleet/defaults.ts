/** What holds for a service whose file says nothing of it: the gateway's own settings. */

import type { BreakerRules } from "../domain/services/breaker-rules.ts"
import type { PinMode } from "../domain/pins/pin.ts"
import type { ServiceDefinition, ServiceSource } from "../domain/services/service.ts"

export type ServiceDefaults = {
  readonly limits: {
    readonly callIdleMs: number
    readonly callHardMs: number
    /** Calls open at once, per endpoint. */
    readonly concurrency: number
  }
  readonly health: { readonly intervalMs: number; readonly timeoutMs: number }
  readonly breaker: BreakerRules
  readonly pin: PinMode
}

export function withDefaults(
  { definition, raw }: ServiceSource,
  { limits, health, breaker, pin }: ServiceDefaults,
): ServiceDefinition {
  const has = (field: string): boolean => raw[field] !== undefined
  const idleMs = has("timeoutMs") ? definition.timeoutMs : limits.callIdleMs
  const hardMs = has("maxTimeMs")
    ? definition.maxTimeMs
    : Math.max(limits.callHardMs, has("timeoutMs") ? idleMs : 0)
  const own = (raw["health"] ?? {}) as { readonly intervalMs?: unknown; readonly timeoutMs?: unknown }
  return {
    ...definition,
    timeoutMs: Math.min(idleMs, hardMs),
    maxTimeMs: hardMs,
    pin: has("pin") ? definition.pin : pin,
    concurrency: has("concurrency") ? definition.concurrency : limits.concurrency,
    // The definition has the values that the file says, beside others.
    breaker: { ...breaker, ...pick(definition.breaker, raw["breaker"]) },
    health: {
      intervalMs: own.intervalMs === undefined ? health.intervalMs : definition.health.intervalMs,
      timeoutMs: own.timeoutMs === undefined ? health.timeoutMs : definition.health.timeoutMs,
    },
  }
}

function pick(rules: BreakerRules, said: unknown): Partial<BreakerRules> {
  const names = Object.keys(said ?? {})
  return Object.fromEntries(Object.entries(rules).filter(([name]) => names.includes(name)))
}
