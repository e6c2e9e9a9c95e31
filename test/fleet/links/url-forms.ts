/**
 * Hosts of URLs that lead somewhere they should not (SSRF-01 and others): to this machine in 40 spellings, into networks
 * that are no Internet, and by names. Whatever is meant for a network is refused before a packet would leave.
 */

/** All of them lead to this machine where nothing checks them. */
const loopbackHosts = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0x7f.1",
  "0177.0.0.1",
  "017700000001",
  "0177.0x0.1",
  "127.0.0.1.",
  "127.0.0.2",
  "127.255.255.254",
  "0.0.0.0",
  "0",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "%31%32%37.0.0.1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[0000::0001]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
  "[::127.0.0.1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
  "foo.localhost",
  "public.example@127.0.0.1",
  "public.example:x@127.0.0.1",
  "public.example%40127.0.0.1@127.0.0.1",
] as const

/** IPv4 wrapped in IPv6, private, shared, link-local, metadata, benchmark, documentation, multicast, reserved. */
const inwardHosts = [
  "[64:ff9b::127.0.0.1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::1]",
  "[fe80::1]",
  "[fec0::1]",
  "[fd00:ec2::254]",
  "[fd20:ce::254]",
  "[ff02::1]",
  "[2001:db8::1]",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.0.1",
  "169.254.169.254",
  "100.64.0.1",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "198.18.0.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
] as const

/** No URL has such a host, or none that a connection could be made to. */
const brokenHosts = [
  "[fe80::1%25lo]",
  "[::1%lo]",
  "127.0.0.1%00.public.example",
  "127.0.0.1\u0000.public.example",
  "127.0.0.1\r\n.public.example",
  "public.example%0d%0aX-A:b",
  "",
] as const

/** What the names below stand for, each a name of the Internet to look at. */
export const names: Readonly<Record<string, readonly string[]>> = {
  "private.example": ["127.0.0.1"],
  "private-v6.example": ["::1"],
  "mixed.example": ["127.0.0.1", "93.184.215.14"],
  "mixed-last.example": ["93.184.215.14", "127.0.0.1"],
  "mapped.example": ["::ffff:127.0.0.1"],
  "unspecified.example": ["0.0.0.0"],
  "metadata.example": ["169.254.169.254"],
  "scoped.example": ["fe80::1%lo"],
  "nothing.example": [],
}

/** What has no network in it, or another protocol. */
export const foreignUrls = [
  "unix:///var/run/docker.sock:/mcp",
  "UNIX:///var/run/docker.sock:/mcp",
  "http+unix://%2Fvar%2Frun%2Fdocker.sock/mcp",
  "file:///etc/passwd",
  "gopher://127.0.0.1:1/x",
  "ftp://127.0.0.1/x",
  "data:application/json,{}",
  "//127.0.0.1/mcp",
  "http:127.0.0.1",
] as const

/** Of a host, for a service of a type. A browser's backslash too. */
export function urlsTo(scheme: "http" | "https" | "ws" | "wss", port: number): readonly string[] {
  const hosts = [...loopbackHosts, ...inwardHosts, ...brokenHosts, ...Object.keys(names)]
  const urls = hosts.map((host) => `${scheme}://${host}:${port}/mcp`)
  return [...urls, `${scheme}://127.0.0.1:${port}\\@public.example/mcp`, `${scheme}:\\\\127.0.0.1:${port}/mcp`]
}

export const literalHosts: readonly string[] = [...loopbackHosts.slice(0, 27), ...inwardHosts]
