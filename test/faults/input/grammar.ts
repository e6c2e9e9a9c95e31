/** The methods of both eras with valid params, as arbitraries of fast-check. */

import * as fc from "fast-check"
import { operations } from "../../../src/operations/index.ts"
import { clientInfo, legacyMessage, legacyRevision, modernMessage, type Message, type Params } from "./messages.ts"

const { constant, constantFrom, oneof, record } = fc

/** Those that change nothing: a fuzzed input may be valid after all. */
const reading = operations
  .filter(({ effect, name }) => effect === "read" && !name.startsWith("audit_"))
  .map(({ name }) => name)

const text = oneof(fc.string({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 12 }))
const values: fc.Arbitrary<Params> = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
const id = oneof(fc.integer(), fc.string({ maxLength: 20 }), constantFrom(0, -1, Number.MAX_SAFE_INTEGER))
const uri = constantFrom(
  "test://one",
  "test://two/three",
  "gateway://services",
  "file:///etc/passwd",
  "",
  "test://%00",
)
const cursor = oneof(constant({}), record({ cursor: oneof(text, constantFrom("eyJvIjoxfQ", "")) }))
const token = record({ progressToken: oneof(fc.integer(), text) })
const reference = oneof(
  record({ type: constant("ref/prompt"), name: constantFrom("modern__greet", "greet") }),
  record({ type: constant("ref/resource"), uri: constantFrom("test://{id}", "test://one") }),
)
const completing = record({ ref: reference, argument: record({ name: constant("who"), value: text }) })
const tool = oneof(
  record({ name: constantFrom("modern__echo", "legacy__echo", "nobody__echo"), arguments: values }),
  record({ name: constantFrom("modern__routed"), arguments: record({ region: text }) }),
  record({
    name: constantFrom(...reading),
    arguments: oneof(constant({}), values, record({ limit: fc.integer() })),
  }),
)
const prompt = record({ name: constantFrom("modern__greet", "legacy__greet"), arguments: record({ who: text }) })
const task = record({ taskId: oneof(text, constant("modern__1")) })

const shared: Readonly<Record<string, fc.Arbitrary<Params>>> = {
  "tools/list": cursor,
  "prompts/list": cursor,
  "resources/list": cursor,
  "resources/templates/list": cursor,
  "tools/call": tool,
  "prompts/get": prompt,
  "resources/read": record({ uri }),
  "completion/complete": completing,
  "tasks/get": task,
  "tasks/cancel": task,
  "vendor/own": values,
}

const initializing = record({
  protocolVersion: constantFrom(legacyRevision, "2024-11-05", "2025-03-26", "1999-01-01"),
  capabilities: constantFrom({}, { sampling: {} }, { roots: { listChanged: true } }, { elicitation: {} }),
  clientInfo: constantFrom(clientInfo, { name: "x", version: "", title: "y", icons: [] }),
})

const legacyOnly: typeof shared = {
  initialize: initializing,
  ping: constant({}),
  "resources/subscribe": record({ uri }),
  "resources/unsubscribe": record({ uri }),
  "logging/setLevel": record({ level: constantFrom("debug", "error", "nonsense") }),
  "tasks/list": cursor,
  "tasks/result": task,
  "notifications/initialized": constant({}),
  "notifications/cancelled": record({ requestId: id, reason: text }),
  "notifications/progress": record({ progressToken: id, progress: fc.double(), total: fc.integer() }),
  "notifications/roots/list_changed": constant({}),
}

const modernOnly: typeof shared = {
  "server/discover": constant({}),
  "tasks/update": fc.tuple(task, values).map(([asked, inputResponses]) => ({ ...asked, inputResponses })),
  "subscriptions/listen": record({
    notifications: constantFrom(
      {},
      { toolsListChanged: true },
      { resourceSubscriptions: ["test://one"] },
      { promptsListChanged: true, resourcesListChanged: true },
    ),
  }),
}

export const legacyMethods = Object.keys({ ...shared, ...legacyOnly })
export const modernMethods = Object.keys({ ...shared, ...modernOnly })

export const legacyMessages: fc.Arbitrary<Message> = messages({ ...shared, ...legacyOnly }, legacyMessage)
export const modernMessages: fc.Arbitrary<Message> = messages({ ...shared, ...modernOnly }, modernMessage)

function messages(methods: typeof shared, make: typeof legacyMessage): fc.Arbitrary<Message> {
  const each = Object.entries(methods).map(([method, params]) =>
    fc
      .tuple(params, id, fc.option(token, { nil: undefined }))
      .map(([params, id, meta]) => make(method, { ...params, ...(meta && { _meta: meta }) }, id)),
  )
  return oneof(...each)
}
