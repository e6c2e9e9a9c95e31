/** The REST door alone on a port of its own, with callers of two kinds: who observes, and who may do nothing. */

import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { CallRequest } from "../../../src/call/call.ts"
import type { Events } from "../../../src/domain/event.ts"
import { compileGrants, grantsSchema } from "../../../src/domain/permission.ts"
import type { ActivePrincipal, Caller } from "../../../src/domain/principal.ts"
import { GatewayError } from "../../../src/errors.ts"
import type { Answer } from "../../../src/mcp/message.ts"
import { toRawObject } from "../../../src/mcp/raw-json.ts"
import type { Operation } from "../../../src/operations/operation.ts"
import type { Performed } from "../../../src/operations/perform.ts"
import { createMemoryEvents } from "../../../src/stores/memory/events.ts"
import { BodyRoom } from "../../../src/mcp/server/body-room.ts"
import { ownLimits } from "../../../src/surfaces/http/own-limits.ts"
import { listenForRest } from "../../../src/surfaces/rest/rest-listener.ts"

export type RestApp = {
  readonly url: string
  readonly events: Events
  readonly stopping: AbortController
  /** How many listen for events. */
  listeners(): number
  /** Takes the observer's key away. */
  revoke(): void
  close(): Promise<void>
}

export type RestAppOptions = {
  readonly operations: readonly Operation[]
  readonly perform: (
    operation: Operation,
    actor: ActivePrincipal,
    input: unknown,
    signal: AbortSignal,
  ) => Promise<Performed>
  readonly call?: (request: CallRequest) => Promise<Answer>
}

export const keys = { observer: "mm_observer", nobody: "mm_nobody" } as const
export const bodyBytes = 65_536

export async function startRestApp({ operations, perform, call = echo }: RestAppOptions): Promise<RestApp> {
  const memory = createMemoryEvents()
  let listeners = 0
  const events: Events = {
    publish: (event) => memory.publish(event),
    subscribe: (listener) => {
      listeners += 1
      const end = memory.subscribe(listener)
      return () => {
        listeners -= 1
        end()
      }
    },
  }
  const stopping = new AbortController()
  const principals = new Map<string, ActivePrincipal>([
    [keys.observer, principal("observer", ["observe"])],
    [keys.nobody, principal("nobody", [])],
  ])
  const authenticate = ({ principalId }: Caller): ActivePrincipal => {
    const found = principals.get(principalId)
    if (!found) throw new GatewayError("unauthenticated", "No such key.")
    return found
  }
  const rest = listenForRest({
    room: new BodyRoom({ heldBytes: 10 * bodyBytes, heldBytesPerPrincipal: 10 * bodyBytes }),
    operations,
    version: "1.2.3",
    bodyBytes,
    events,
    pipes: ownLimits({ streamsPerPrincipal: 100, pipesPerPrincipal: 100 }).pipes,
    log: { error: () => undefined },
    stopping: stopping.signal,
    authenticate,
    // As the gateway does: a key that was revoked meanwhile refuses it
    perform: async (operation, { caller }, input, signal) =>
      perform(operation, authenticate(caller), input, signal),
    onListening: async (_caller, assertMay) => assertMay(),
    call,
  })
  const server = createServer((request, response) => {
    const key = request.headers.authorization?.replace("Bearer ", "")
    const caller = key === undefined ? undefined : { principalId: key }
    void rest(request, response, { caller, source: "127.0.0.1" })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    events,
    stopping,
    listeners: () => listeners,
    revoke: () => void principals.delete(keys.observer),
    close: async () => {
      stopping.abort()
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  }
}

function principal(name: string, permissions: readonly string[]): ActivePrincipal {
  const grants = grantsSchema.parse({ permissions })
  const facts = {
    id: name,
    name,
    kind: "agent",
    grants,
    disabled: false,
    createdAtMs: 0,
    createdBy: "test",
    version: 1,
  } as const
  return { principal: facts, may: compileGrants(grants) }
}

async function echo({ request }: CallRequest): Promise<Answer> {
  const text = `${request.params.get("name")?.toString()} ${request.params.get("arguments")?.toString()}`
  return {
    result: toRawObject({
      resultType: "complete",
      content: [{ type: "text", text }],
      isError: text.includes("fail"),
    }),
  }
}
