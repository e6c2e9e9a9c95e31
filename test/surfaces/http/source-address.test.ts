import assert from "node:assert/strict"
import type { IncomingMessage } from "node:http"
import { test } from "node:test"
import { createSourceOf } from "../../../src/surfaces/http/source-address.ts"

const trusted = ["10.0.0.0/8", "192.0.2.9", "fd00::/8"]

/** @param via what X-Forwarded-For says; other headers that name addresses always name another one */
function sourceOf(peer: string | undefined, via?: string, proxies: readonly string[] = trusted): string {
  const others = { forwarded: "for=203.0.113.1", "x-real-ip": "203.0.113.1", "true-client-ip": "203.0.113.1" }
  const headers = { ...others, ...(via !== undefined && { "x-forwarded-for": via }) }
  return createSourceOf(proxies)({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage)
}

test("AUTHN-16 what a client says of its own address counts for nothing", () => {
  for (const via of [undefined, "203.0.113.7", "10.0.0.1", "127.0.0.1", "203.0.113.7, 10.0.0.1"]) {
    assert.equal(sourceOf("198.51.100.4", via), "198.51.100.4")
    assert.equal(sourceOf("10.0.0.1", via, []), "10.0.0.1")
  }
})

test("AUTHN-16 of proxies that are trusted each is believed about the one before it, from the last one on", () => {
  for (const [via, source] of [
    ["198.51.100.4", "198.51.100.4"],
    ["203.0.113.7, 198.51.100.4", "198.51.100.4"],
    ["203.0.113.7, 198.51.100.4, 10.1.1.1, 192.0.2.9", "198.51.100.4"],
    ["198.51.100.4:1234, 10.1.1.1:80", "198.51.100.4"],
    ["[2001:db8::7]:443", "2001:db8::7"],
    ["2001:db8::7, fd00::1", "2001:db8::7"],
    ["10.2.2.2, 10.1.1.1", "10.2.2.2"],
  ] as const) {
    assert.equal(sourceOf("10.0.0.1", via), source, via)
  }
  assert.equal(sourceOf("10.0.0.1"), "10.0.0.1")
})

test("AUTHN-16 an address of IPv4 is one and the same on a socket of IPv6", () => {
  assert.equal(sourceOf("::ffff:198.51.100.4", "203.0.113.7"), "198.51.100.4")
  assert.equal(sourceOf("::ffff:10.0.0.1", "::ffff:198.51.100.4"), "198.51.100.4")
  assert.equal(sourceOf("10.0.0.1", "203.0.113.7, ::FFFF:10.1.1.1"), "203.0.113.7")
})

test("what is no address ends the way: the proxy that passed it on is the source", () => {
  for (const odd of [
    "",
    "unknown",
    "_hidden",
    "evil.example",
    "203.0.113.7 10.0.0.1",
    "1.2.3",
    "::1%\u001b[31m",
    "x".repeat(9_000),
  ])
    assert.equal(sourceOf("10.0.0.1", `203.0.113.7, ${odd}`), "10.0.0.1", odd)
  assert.equal(sourceOf("10.0.0.1", "203.0.113.7, odd, 10.1.1.1"), "10.1.1.1")
  assert.equal(sourceOf(undefined, "203.0.113.7"), "unknown")
})

test("an address with a zone is compared without it", () => {
  assert.equal(sourceOf("fd00::1%eth0", "203.0.113.7"), "203.0.113.7")
  assert.equal(sourceOf("fe80::1%eth0", "203.0.113.7"), "fe80::1%eth0")
})
