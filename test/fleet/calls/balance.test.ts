import assert from "node:assert/strict"
import { test } from "node:test"
import { orderCandidates, type Balance, type Candidate } from "../../../src/fleet/calls/balance.ts"

const candidate = (address: string, given: Partial<Candidate> = {}): Candidate => ({
  address,
  weight: 1,
  healthy: true,
  inFlight: 0,
  ...given,
})

function firsts(candidates: readonly Candidate[], balance: Balance, turns: number): string[] {
  return Array.from({ length: turns }, (_, number) => {
    return orderCandidates(candidates, balance, { number, principalId: "ann" })[0]?.address ?? ""
  })
}

const count = (names: readonly string[], name: string): number => names.filter((other) => other === name).length

test("round robin takes each in turn", () => {
  const three = [candidate("a"), candidate("b"), candidate("c")]
  assert.deepEqual(firsts(three, "round_robin", 5), ["a", "b", "c", "a", "b"])
})

test("weights share the calls, without long runs", () => {
  const names = firsts(
    [candidate("a", { weight: 3 }), candidate("b"), candidate("c", { weight: 0 })],
    "weighted",
    400,
  )
  assert.ok(Math.abs(count(names, "a") - 300) < 5)
  assert.equal(count(names, "c"), 0)
  assert.doesNotMatch(names.join(""), /a{6}|b{3}/)
})

test("the endpoint with the fewest open calls comes first", () => {
  const busy = [candidate("a", { inFlight: 2 }), candidate("b", { inFlight: 1 }), candidate("c", { inFlight: 3 })]
  const order = orderCandidates(busy, "least_connections", { number: 7, principalId: "ann" })
  assert.deepEqual(
    order.map(({ address }) => address),
    ["b", "a", "c"],
  )
})

test("a caller stays with an endpoint, and moves only when that one goes", () => {
  const endpoints = ["a", "b", "c", "d"].map((address) => candidate(address))
  const homeOf = (list: readonly Candidate[], principalId: string): string | undefined =>
    orderCandidates(list, "hash", { number: 0, principalId })[0]?.address
  const callers = Array.from({ length: 200 }, (_, index) => `caller-${index}`)
  const homes = callers.map((caller) => homeOf(endpoints, caller))
  assert.ok(new Set(homes).size === 4)
  const fewer = endpoints.slice(0, 3)
  callers.forEach((caller, index) => {
    if (homes[index] !== "d") assert.equal(homeOf(fewer, caller), homes[index])
  })
})

test("health only orders: the unhealthy come last, and are all still there", () => {
  const mixed = [candidate("a", { healthy: false }), candidate("b"), candidate("c", { healthy: false })]
  const order = orderCandidates(mixed, "round_robin", { number: 0, principalId: "ann" })
  assert.deepEqual(
    order.map(({ address }) => address),
    ["b", "a", "c"],
  )
})
