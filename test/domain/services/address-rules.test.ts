import assert from "node:assert/strict"
import { test } from "node:test"
import { compileNetworks, isPublicAddress } from "../../../src/domain/services/address-rules.ts"
import { compileNetwork, publicOnly } from "../../../src/domain/services/network-rules.ts"
import { GatewayError } from "../../../src/errors.ts"
import { literalHosts } from "../../fleet/links/url-forms.ts"

const nothing = { allow: [], http: false }

test("SSRF-01 no special address is public, however it is written", (t) => {
  for (const host of literalHosts) {
    const { hostname } = new URL(`https://${host}/`)
    assert.equal(isPublicAddress(hostname.replace(/^\[(.*)\]$/, "$1")), false, host)
  }
  t.diagnostic(JSON.stringify({ id: "SSRF-01", literals: literalHosts.length, public: 0 }))
})

test("SSRF-01 the edges of each network are where they belong", () => {
  const edges: readonly (readonly [string, boolean])[] = [
    ["9.255.255.255", true],
    ["10.255.255.255", false],
    ["11.0.0.0", true],
    ["100.63.255.255", true],
    ["100.127.255.255", false],
    ["100.128.0.0", true],
    ["126.255.255.255", true],
    ["128.0.0.0", true],
    ["168.63.129.15", true],
    ["168.63.129.17", true],
    ["169.253.255.255", true],
    ["172.15.255.255", true],
    ["172.31.255.255", false],
    ["172.32.0.0", true],
    ["192.0.1.0", true],
    ["192.167.255.255", true],
    ["192.169.0.0", true],
    ["198.17.255.255", true],
    ["198.20.0.0", true],
    ["223.255.255.255", true],
    ["1fff:ffff::", false],
    ["2001:1ff::1", false],
    ["2001:200::1", true],
    ["2001:db7::1", true],
    ["2001:db9::1", true],
    ["2003::1", true],
    ["2606:4700::1111", true],
    ["3ffe::1", true],
    ["3fff:0fff::1", false],
    ["4000::1", false],
    ["::", false],
    ["::ffff:8.8.8.8", false],
    ["fe80::1%eth0", false],
    ["2606:4700::1111%eth0", false],
    ["example.com", false],
    ["", false],
  ]
  for (const [address, expected] of edges) assert.equal(isPublicAddress(address), expected, address)
})

test("SSRF-13 a network that is allowed is that one, in each way of writing its addresses", () => {
  const isAllowed = compileNetworks(["10.1.0.0/16", "192.0.2.7", "fd00:1::/32"])
  for (const address of ["10.1.0.0", "10.1.255.255", "192.0.2.7", "fd00:1::1", "::ffff:10.1.2.3"])
    assert.equal(isAllowed(address), true, address)
  for (const address of ["10.0.255.255", "10.2.0.0", "192.0.2.8", "fd00:2::1", "::10.1.2.3", "fd00:1::1%lo", "x"])
    assert.equal(isAllowed(address), false, address)
  assert.equal(compileNetworks([])("127.0.0.1"), false)
})

test("SSRF-08 the addresses of this machine are not public to it, whatever their numbers", () => {
  const own = () => ["93.184.215.14"]
  const network = compileNetwork(publicOnly, nothing, own)
  assert.deepEqual([network.allows("93.184.215.14"), network.allows("93.184.215.15")], [false, true])
  assert.throws(() => network.assertUrl("https://93.184.215.14/mcp"), refusedBy("outbound.address"))
  const allowed = compileNetwork({ allow: ["93.184.215.14"], http: false }, nothing, own)
  assert.equal(allowed.allows("93.184.215.14"), true)
})

test("SSRF-06 SSRF-14 no name or password stands in front of a host, and nothing goes in clear where that is not allowed", () => {
  const network = compileNetwork(publicOnly, nothing, () => [])
  network.assertUrl("https://mcp.example.com/mcp")
  network.assertUrl("wss://mcp.example.com/mcp")
  const cases: readonly (readonly [string, string])[] = [
    ["https://mcp.example.com@127.0.0.1/", "outbound.credentials"],
    ["https://ann:x@mcp.example.com/", "outbound.credentials"],
    ["http://mcp.example.com/", "outbound.scheme"],
    ["ws://mcp.example.com/", "outbound.scheme"],
    ["https://mcp.example.com\r\n.internal/", "outbound.characters"],
    ["https://mcp.example.com/a b", "outbound.characters"],
    ["unix:///run/x.sock:/mcp", "outbound.scheme"],
    ["file:///etc/passwd", "outbound.scheme"],
    ["nothing", "outbound.scheme"],
    ["https://localhost./", "outbound.address"],
    ["https://a.localhost/", "outbound.address"],
  ]
  for (const [url, rule] of cases) assert.throws(() => network.assertUrl(url), refusedBy(rule), url)
  const clear = compileNetwork({ ...publicOnly, http: true }, nothing, () => [])
  clear.assertUrl("http://mcp.example.com/")
  assert.throws(() => clear.assertUrl("ftp://mcp.example.com/"), refusedBy("outbound.scheme"))
})

test("SSRF-13 what the operator allows to all holds for those that may be at public addresses", () => {
  const terms = { allow: ["127.0.0.0/8"], http: true }
  compileNetwork(publicOnly, terms, () => []).assertUrl("http://localhost:1/")
  const own = compileNetwork({ allow: ["10.0.0.0/8"], http: false }, terms, () => [])
  assert.deepEqual(
    ["127.0.0.1", "8.8.8.8", "10.0.0.1"].map((address) => own.allows(address)),
    [false, false, true],
  )
})

function refusedBy(rule: string): (thrown: unknown) => boolean {
  return (thrown) => {
    assert.ok(thrown instanceof GatewayError && thrown.code === "invalid")
    assert.equal(thrown.detail["rule"], rule)
    return true
  }
}
