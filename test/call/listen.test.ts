import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { listen } from "../../src/call/listen.ts"
import { Listeners } from "../../src/call/listeners.ts"
import { OwnWatches } from "../../src/call/own-watches.ts"
import type { Known } from "../../src/call/resolve.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import type { Notification } from "../../src/mcp/message.ts"
import { fromRawObject, toRawObject } from "../../src/mcp/raw-json.ts"
import { createMemoryEvents } from "../../src/stores/memory/events.ts"
import { admin, callOf, known, listSteps, noTasks, offer, principal, tool } from "./fixtures.ts"

/** Enough for changes to be told: listeners wait a moment to tell of several at once. */
const told = () => sleep(120)

function subscribe(notifications: object, who: () => ActivePrincipal = () => admin) {
  const heard: Notification[] = []
  const leave = new AbortController()
  const stop = new AbortController()
  const events = createMemoryEvents()
  const watched: string[] = []
  const watches: { readonly signal: AbortSignal; readonly update: () => void }[] = []
  let snapshot: Known = known
  const fleet = {
    watch: async (
      service: string,
      uri: string,
      onUpdate: (notification: Notification) => void,
      signal: AbortSignal,
    ) => {
      watched.push(`${service} ${uri}`)
      const update = (): void =>
        onUpdate({ method: "notifications/resources/updated", params: toRawObject({ uri }) })
      watches.push({ signal, update })
      update()
      return service === "notes"
    },
    watchTask: assert.fail,
  }
  const tasks = noTasks(() => snapshot.catalog)
  const call = callOf("subscriptions/listen", { notifications })
  const exchange = { signal: leave.signal, notify: (notification: Notification) => void heard.push(notification) }
  const listeners = new Listeners(events, stop.signal)
  const own = new OwnWatches(events, assert.fail)
  const ended = listen(
    { steps: listSteps(who).steps, known: () => snapshot, fleet, own, tasks, listeners },
    { ...call, exchange },
  )
  ended.catch(() => {})
  const change = (next: Known): void => {
    snapshot = next
    events.publish({ type: "catalog" })
  }
  return {
    heard,
    leave,
    stop,
    events,
    watched,
    watches,
    ended,
    change,
    methods: () => heard.map(({ method }) => method),
  }
}

function withTools(...names: string[]): Known {
  return { ...known, catalog: compileCatalog([offer("files", { tools: names.map(tool) })]) }
}

test("what is honoured is told first, resources only where they may be read and their service tells", async () => {
  const { heard, watched } = subscribe({
    toolsListChanged: true,
    unheardOf: true,
    resourceSubscriptions: ["note://1", "mcp://files/file:///b.txt", "none://1"],
  })
  await told()
  const acknowledged = heard.find(({ method }) => method === "notifications/subscriptions/acknowledged")
  assert.deepEqual(fromRawObject(acknowledged?.params ?? new Map()), {
    notifications: { toolsListChanged: true, resourceSubscriptions: ["note://1"] },
  })
  assert.deepEqual(watched, ["notes note://1", "files file:///b.txt"])
})

test("resources of which none is honoured are not acknowledged", async () => {
  const { heard } = subscribe({ resourceSubscriptions: ["none://1"] })
  await told()
  assert.deepEqual(fromRawObject(heard[0]?.params ?? new Map()), { notifications: {} })
})

test("an update names the resource as its receiver does, once however often that named it", async () => {
  const { heard, watched } = subscribe({
    resourceSubscriptions: ["mcp://notes/note://1", "mcp://notes/note://1"],
  })
  await told()
  assert.equal(watched.length, 1)
  assert.equal(heard[0]?.method, "notifications/subscriptions/acknowledged")
  assert.deepEqual(fromRawObject(heard[1]?.params ?? new Map()), { uri: "mcp://notes/note://1" })
})

test("updates end with the grant to read, and their watch with the subscription", async () => {
  let who = admin
  const { watches, heard, stop, ended } = subscribe({ resourceSubscriptions: ["note://1"] }, () => who)
  await told()
  assert.equal(heard.length, 2)
  who = principal("p", { tools: { allow: ["*"] } })
  watches[0]?.update()
  assert.equal(heard.length, 2)
  assert.equal(watches[0]?.signal.aborted, false)
  stop.abort()
  await ended
  assert.equal(watches[0]?.signal.aborted, true)
})

test("a list that changes for the listener is told once, another's is not", async () => {
  const reader = principal("reader", { tools: { allow: ["files__read"] } })
  const { change, methods } = subscribe({ toolsListChanged: true, promptsListChanged: true }, () => reader)
  await told()
  change(withTools("read", "write", "new"))
  await told()
  assert.deepEqual(methods(), ["notifications/subscriptions/acknowledged"])
  change(withTools("write"))
  change(withTools("write", "other"))
  await told()
  assert.deepEqual(methods(), ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"])
})

test("new grants change the list as new tools do", async () => {
  let who = principal("p", {})
  const { events, methods } = subscribe({ toolsListChanged: true }, () => who)
  await told()
  who = principal("p", { tools: { allow: ["*"] } })
  events.publish({ type: "identity" })
  await told()
  assert.deepEqual(methods(), ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"])
})

test("a subscription ends with an answer when the gateway stops, and with an error when its key is revoked", async () => {
  const stopped = subscribe({ toolsListChanged: true })
  await told()
  stopped.stop.abort()
  assert.equal((await stopped.ended).result?.get("resultType")?.toString(), '"complete"')

  let revoked = false
  const authenticate = (): ActivePrincipal => {
    if (revoked) throw new GatewayError("unauthenticated", "The key is revoked.")
    return admin
  }
  const { events, ended } = subscribe({ toolsListChanged: true }, authenticate)
  await told()
  revoked = true
  events.publish({ type: "identity" })
  await assert.rejects(ended, { code: "unauthenticated" })
})

test("a listener that leaves is forgotten", async () => {
  const { leave, ended, change, methods } = subscribe({ toolsListChanged: true })
  await told()
  leave.abort(new GatewayError("invalid", "gone"))
  await assert.rejects(ended, { message: "gone" })
  change(withTools("x"))
  await told()
  assert.deepEqual(methods(), ["notifications/subscriptions/acknowledged"])
})

test("a filter that is none is refused", async () => {
  await assert.rejects(subscribe({ resourceSubscriptions: [7] }).ended, { code: "invalid" })
  await assert.rejects(subscribe({ resourceSubscriptions: Array(300).fill("a://b") }).ended, { code: "invalid" })
})

test("nothing is watched that is not on record, and what was asked for in vain is on record too", async () => {
  const { steps, shown } = listSteps(() => principal("reader", { resources: { allow: ["notes*"] } }))
  const watched: string[] = []
  const fleet = {
    watch: async (_service: string, uri: string) => (watched.push(uri), true),
    watchTask: assert.fail,
  }
  const uris = ["note://1", "file:///b.txt"]
  const call = callOf("subscriptions/listen", { notifications: { resourceSubscriptions: uris } })
  const stopping = AbortSignal.abort()
  const tasks = noTasks(() => known.catalog)
  const events = createMemoryEvents()
  const own = new OwnWatches(events, assert.fail)
  const options = { steps, known: () => known, fleet, own, tasks, listeners: new Listeners(events, stopping) }
  const refusal = new GatewayError("audit_unavailable", "The disk is full.")
  const refused = { ...options, steps: { ...steps, shown: () => Promise.reject(refusal) } }
  await assert.rejects(listen(refused, call), refusal)
  assert.deepEqual(watched, [])
  await listen(options, call)
  assert.deepEqual(watched, ["note://1"])
  assert.match(String(shown[0]?.detail?.["to"]), /note:\/\/1/)
  assert.match(String(shown[0]?.detail?.["refused"]), /b\.txt/)
})
