import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { OwnWatches, type LookAt } from "../../src/call/own-watches.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import type { ManagementResource } from "../../src/domain/tool.ts"
import { GatewayError } from "../../src/errors.ts"
import { createMemoryEvents } from "../../src/stores/memory/events.ts"
import { admin, nobody, operationTool } from "./fixtures.ts"

const one: ManagementResource = {
  uri: "gateway://services/one",
  tool: operationTool,
  definition: operationTool.definition,
  events: new Set(["service"]),
  service: "one",
}

function open(lookAt: LookAt) {
  const events = createMemoryEvents()
  let subscribers = 0
  const counting: typeof events = {
    publish: events.publish,
    subscribe: (listener) => {
      const end = events.subscribe(listener)
      subscribers += 1
      return () => {
        subscribers -= 1
        end()
      }
    },
  }
  const own = new OwnWatches(counting, lookAt)
  const over = new AbortController()
  const told: string[] = []
  const watch = (name: string, may: () => ActivePrincipal | undefined = () => admin, resource = one) =>
    own.add({ resource, may, tell: () => void told.push(name) }, over.signal)
  const happens = (service: string): void => events.publish({ type: "service", service, state: "up" })
  return { events, over, told, watch, happens, subscribers: () => subscribers }
}

/** Longer than changes are gathered for. */
const looked = () => sleep(300)

test("changes that come together are looked at once and told once, and what reads the same is not told", async () => {
  let [state, looks] = ["up", 0]
  const { watch, happens, told } = open(async () => ((looks += 1), state))
  await watch("a")
  state = "down"
  for (let n = 0; n < 1_000; n++) happens("one")
  await looked()
  assert.deepEqual([told, looks], [["a"], 2])
  happens("one")
  await looked()
  assert.deepEqual([told, looks], [["a"], 3])
})

test("many who watch the same by one principal cost one look, and an event about another service none", async () => {
  let looks = 0
  const { watch, happens, told, over, subscribers } = open(async () => String((looks += 1)))
  for (let n = 0; n < 50; n++) await watch(`a${n}`)
  looks = 1_000
  happens("two")
  await looked()
  assert.equal(looks, 1_000)
  happens("one")
  await looked()
  assert.deepEqual([looks, told.length, subscribers()], [1_001, 50, 1])
  over.abort()
  assert.equal(subscribers(), 0)
  happens("one")
  await looked()
  assert.equal(looks, 1_001)
})

test("who may not read now is not looked for, and told of what changed meanwhile once it may again", async () => {
  let who: ActivePrincipal | undefined = admin
  let state = "up"
  const { watch, happens, told } = open(async (_resource, principal) => {
    assert.equal(principal, admin)
    return state
  })
  await watch("a", () => who)
  who = undefined
  state = "down"
  happens("one")
  await looked()
  assert.deepEqual(told, [])
  who = admin
  happens("one")
  await looked()
  assert.deepEqual(told, ["a"])
})

test("what cannot be read is not watched, and what can be read no longer is told a last time", async () => {
  let isGone = true
  const lookAt = async (): Promise<string> => {
    if (isGone) throw new GatewayError("not_found", "There is no service named one.")
    return "up"
  }
  const { watch, happens, told, subscribers } = open(lookAt)
  await assert.rejects(watch("a"), { code: "not_found" })
  assert.equal(subscribers(), 0)
  isGone = false
  await watch("a")
  await watch("b", () => nobody)
  isGone = true
  for (let n = 0; n < 3; n++) {
    happens("one")
    await looked()
  }
  assert.deepEqual(told, ["a", "b"])
})
