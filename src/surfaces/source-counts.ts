/** How many connections each source has open, so that none can take all. A proxy in front that is trusted is not counted. */

import { BlockList, isIP } from "node:net"
import { GatewayError } from "../errors.ts"

export class SourceCounts {
  readonly #max: number
  readonly #trusted: BlockList
  readonly #open = new Map<string, number>()

  /** @param trusted addresses and networks of proxies */
  constructor(max: number, trusted: readonly string[]) {
    this.#max = max
    this.#trusted = readNetworks(trusted)
  }

  get size(): number {
    return this.#open.size
  }

  /** @returns what is to be left under; undefined where there is no room */
  enter(address: string | undefined): string | undefined {
    const source = this.#sourceOf(address)
    const open = this.#open.get(source) ?? 0
    if (open >= this.#max && source !== proxy) return undefined
    this.#open.set(source, open + 1)
    return source
  }

  leave(source: string): void {
    const open = (this.#open.get(source) ?? 1) - 1
    if (open > 0) this.#open.set(source, open)
    else this.#open.delete(source)
  }

  #sourceOf(address = "unknown"): string {
    const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address
    const family = isIP(plain)
    if (family > 0 && this.#trusted.check(plain, family === 6 ? "ipv6" : "ipv4")) return proxy
    return family === 6 ? networkOf(plain) : plain
  }
}

const proxy = "a trusted proxy"

/** Who has one address of IPv6 has its network of 64 bits. */
function networkOf(address: string): string {
  const [head = "", tail] = address.split("::")
  const groups = head === "" ? [] : head.split(":")
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length)
  const all = [...groups, ...Array.from({ length: missing }, () => "0"), ...(tail ? tail.split(":") : [])]
  return `${all.slice(0, 4).join(":")}::/64`
}

/** @throws GatewayError `invalid` */
function readNetworks(texts: readonly string[]): BlockList {
  const networks = new BlockList()
  for (const text of texts) {
    const [address = "", bits] = text.split("/")
    const [family, length] = [isIP(address), Number(bits ?? (isIP(address) === 6 ? 128 : 32))]
    if (family === 0 || !/^\d{0,3}$/.test(bits ?? "") || length > (family === 6 ? 128 : 32))
      throw new GatewayError(
        "invalid",
        `trustedProxies: ${JSON.stringify(text)} is no address and no network such as 10.0.0.0/8.`,
      )
    networks.addSubnet(address, length, family === 6 ? "ipv6" : "ipv4")
  }
  return networks
}
