/** A catalog of two services and principals with different grants: what the tests of the call's steps stand on. */

import { randomBytes } from "node:crypto"
import { createCursors } from "../../src/call/cursor.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import assert from "node:assert/strict"
import { compileCatalog, noItems, type Catalog, type Offer, type Offered } from "../../src/domain/catalog.ts"
import { noPolicies } from "../../src/domain/policy/compiled-policies.ts"
import { compileGrants, grantsSchema } from "../../src/domain/permission.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import type { Request } from "../../src/mcp/message.ts"
import { noMembers, toRaw, toRawObject } from "../../src/mcp/raw-json.ts"
import type { Shown } from "../../src/call/audit.ts"
import type { ListSteps } from "../../src/call/list.ts"
import type { CallRequest } from "../../src/call/call.ts"
import type { TaskCallsOptions } from "../../src/call/tasks/sent.ts"
import { createTaskIds } from "../../src/call/tasks/task-ids.ts"
import { TaskIndex } from "../../src/call/tasks/task-index.ts"

export function offered(name: string, definition: object, extra: Partial<Offered> = {}): Offered {
  return { name, shownName: name, definition: toRawObject(definition), ...extra }
}

export function tool(name: string): Offered {
  return offered(name, { name, inputSchema: { type: "object" } })
}

export function offer(service: string, items: Partial<Offer["items"]>, extra: Partial<Offer> = {}): Offer {
  return {
    service,
    prefix: true,
    items: { ...noItems, ...items },
    era: "modern",
    capabilities: {},
    instructions: undefined,
    tags: [],
    audit: { payloads: undefined, redact: [] },
    terms: { passthrough: [], cache: "private", maxTimeMs: 600_000 },
    ...extra,
  }
}

const files = offer("files", {
  tools: [tool("read"), tool("write")],
  prompts: [offered("summary", { name: "summary" })],
  resources: [offered("file:///a.txt", { uri: "file:///a.txt", name: "a" })],
  templates: [offered("file:///{name}", { uriTemplate: "file:///{name}", name: "any" })],
})
const notes = offer("notes", {
  tools: [tool("read")],
  resources: [
    offered("file:///a.txt", { uri: "file:///a.txt", name: "a" }),
    offered("note://1", { uri: "note://1", name: "1" }),
  ],
})

export const operationTool = {
  name: "list_services",
  permission: "services:read",
  isChange: false,
  definition: toRaw({ name: "list_services" }),
} as const
const cursors = createCursors(createSealer(randomBytes(32)))

/** The steps of the lists, and what was put on record by them. */
export function listSteps(authenticate: () => ActivePrincipal): { steps: ListSteps; shown: Shown[] } {
  const shown: Shown[] = []
  const record: ListSteps["shown"] = async (_principal, _call, what) => void shown.push(what)
  return { steps: { authenticate, shown: record, refused: async () => {}, cursors }, shown }
}

export const known = {
  catalog: compileCatalog([notes, files]),
  managementTools: new Map([[operationTool.name, operationTool]]),
  managementResources: new Map(),
  managementTemplates: new Map(),
  policies: noPolicies,
  now: Date.now,
  openTaskId: () => undefined,
}

export function principal(name: string, grants: object): ActivePrincipal {
  const read = grantsSchema.parse(grants)
  const facts = {
    id: name,
    name,
    kind: "agent",
    grants: read,
    disabled: false,
    createdAtMs: 0,
    createdBy: "test",
    version: 1,
  } as const
  return { principal: facts, may: compileGrants(read) }
}

const all = { allow: ["*"] }
export const admin = principal("admin", { permissions: ["govern"], tools: all, prompts: all, resources: all })
export const nobody = principal("nobody", {})

export function callOf(
  method: string,
  params: object,
  { mount, era = "modern" }: { mount?: string; era?: "modern" | "legacy" } = {},
): CallRequest {
  const request: Request = {
    method,
    params: toRawObject(params),
    meta: noMembers,
    client: {
      era,
      revision: era === "modern" ? "2026-07-28" : "2025-11-25",
      capabilities: noMembers,
      info: undefined,
    },
    progressToken: undefined,
    logLevel: undefined,
  }
  const exchange = { signal: new AbortController().signal, notify: () => {} }
  return { caller: { principalId: "test" }, mount, request, exchange }
}

/** The tasks of a gateway that has none yet, sealed by a key of this process. */
export function noTasks(
  catalog: () => Catalog,
  fleet: TaskCallsOptions["fleet"] = { send: assert.fail },
): TaskCallsOptions {
  const sealer = createSealer(Buffer.alloc(32, 1))
  const [ids, rounds] = [createTaskIds(sealer, "task"), createTaskIds(sealer, "task-round")]
  return { fleet, catalog, ids, rounds, index: new TaskIndex() }
}
