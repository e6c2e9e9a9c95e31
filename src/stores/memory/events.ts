/** Events within one process, delivered at once and in order. */

import type { Events, GatewayEvent } from "../../domain/event.ts"

export function createMemoryEvents(): Events {
  const listeners = new Set<(event: GatewayEvent) => void>()
  return {
    publish: (event) => {
      for (const listener of listeners) listener(event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
