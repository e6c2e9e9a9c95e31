import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { createBridge } from "../../src/call/bridge.ts"
import { openSealer } from "../../src/identity/sealer.ts"
import { readString, toRaw, toRawObject, withMembers } from "../../src/mcp/raw-json.ts"
import { callOf } from "./fixtures.ts"

const folder = mkdtempSync(join(tmpdir(), "seal-"))
after(() => rmSync(folder, { recursive: true }))

let nowMs = 0
const bridge = createBridge(await openSealer(folder), () => nowMs)
const params = toRawObject({ name: "t", arguments: { a: 1 } })
const binding = { principalId: "ann", service: "s", method: "tools/call", params }
const asked = {
  result: new Map([
    ["resultType", toRaw("input_required")],
    ["requestState", toRaw("inner state")],
  ]),
}

function retry(state: string, changes: Partial<typeof binding> = {}): string | undefined {
  const retried = withMembers(changes.params ?? params, {
    requestState: toRaw(state),
    inputResponses: toRaw({ k: {} }),
  })
  const request = { ...callOf("tools/call", {}).request, params: retried }
  return readString(bridge.unwrap(request, { ...binding, ...changes, params: retried }).params.get("requestState"))
}

test("a service's state comes back to it as it was, sealed in between", () => {
  const state = readString(bridge.wrap(asked, binding).result?.get("requestState")) ?? ""
  assert.ok(!Buffer.from(state, "base64url").toString("latin1").includes("inner state"))
  assert.equal(retry(state), "inner state")
})

test("a state of another principal, service, method or request, a late and a forged one are refused", () => {
  const state = readString(bridge.wrap(asked, binding).result?.get("requestState")) ?? ""
  const refused = { code: "invalid", message: "Invalid or expired requestState." }
  assert.throws(() => retry(state, { principalId: "bob" }), refused)
  assert.throws(() => retry(state, { service: "other" }), refused)
  assert.throws(() => retry(state, { method: "prompts/get" }), refused)
  assert.throws(() => retry(state, { params: toRawObject({ name: "t", arguments: { a: 2 } }) }), refused)
  for (let at = 0; at < state.length; at += 7) {
    const other = state[at] === "A" ? "B" : "A"
    assert.throws(() => retry(state.slice(0, at) + other + state.slice(at + 1)), refused)
  }
  nowMs = 11 * 60_000
  assert.throws(() => retry(state), refused)
})

test("an answer without a state, and a request without one, pass as they are", () => {
  const plain = { result: toRawObject({ resultType: "complete", requestState: "not one" }) }
  assert.equal(bridge.wrap(plain, binding), plain)
  const { request } = callOf("tools/call", {})
  assert.equal(bridge.unwrap(request, binding), request)
})
