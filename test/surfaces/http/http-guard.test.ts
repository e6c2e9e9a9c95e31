import assert from "node:assert/strict"
import type { IncomingMessage } from "node:http"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { allowPeers, guardRequest } from "../../../src/surfaces/http/http-guard.ts"

const peers = allowPeers({ hosts: ["Gateway.example.com"], origins: ["https://chat.example.com"] })

function guard(headers: readonly (readonly [string, string])[], url = "/mcp"): string {
  const request = {
    url,
    rawHeaders: headers.flat(),
    headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
  }
  try {
    guardRequest(request as unknown as IncomingMessage, peers)
    return "passes"
  } catch (thrown) {
    return GatewayError.from(thrown).code
  }
}

test("loopback and the configured hosts are addressed, whatever the port and the case", () => {
  for (const host of [
    "localhost",
    "127.0.0.1:4444",
    "[::1]:80",
    "LOCALHOST:1",
    "gateway.example.com",
    "GATEWAY.example.com:443",
  ]) {
    assert.equal(guard([["Host", host]]), "passes", host)
  }
})

test("every other host is refused", () => {
  for (const host of [
    "evil.com",
    "127.0.0.1.evil.com",
    "localhost.evil",
    "localhost:evil",
    "localhost@evil.com",
    "127.0.0.1:99999999",
    "0.0.0.0",
    "",
    "localhost.",
    "[::2]",
  ]) {
    assert.equal(guard([["Host", host]]), "forbidden", host)
  }
  assert.equal(guard([]), "forbidden")
})

test("a page may call where its origin is ours or configured", () => {
  const from = (origin: string): string =>
    guard([
      ["Host", "localhost"],
      ["Origin", origin],
    ])
  for (const origin of ["http://localhost:3000", "https://chat.example.com", "http://127.0.0.1"])
    assert.equal(from(origin), "passes", origin)
  for (const origin of [
    "null",
    "https://evil.com",
    "http://localhost.evil.com",
    "https://chat.example.com.evil.com",
    "http://chat.example.com",
    "file://",
  ]) {
    assert.equal(from(origin), "forbidden", origin)
  }
})

test("what is said twice or aimed elsewhere is refused", () => {
  assert.equal(
    guard([
      ["Host", "localhost"],
      ["host", "localhost"],
    ]),
    "invalid",
  )
  assert.equal(
    guard([
      ["Host", "localhost"],
      ["Authorization", "a"],
      ["authorization", "b"],
    ]),
    "invalid",
  )
  assert.equal(guard([["Host", "localhost"]], "http://evil.com/mcp"), "invalid")
  assert.equal(guard([["Host", "localhost"]], "*"), "invalid")
})
