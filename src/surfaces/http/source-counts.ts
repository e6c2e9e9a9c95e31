/** How many connections each source has open, so that none can take all. A proxy in front that is trusted is not counted. */

import { isIP } from "node:net"
import { plainAddress, readNetworks } from "./networks.ts"

export class SourceCounts {
  readonly #max: number
  readonly #isTrusted: (address: string) => boolean
  readonly #open = new Map<string, number>()

  /** @param trusted addresses of proxies, or networks such as `10.0.0.0/8` */
  constructor(max: number, trusted: readonly string[]) {
    this.#max = max
    this.#isTrusted = readNetworks(trusted)
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
    const plain = plainAddress(address)
    if (this.#isTrusted(plain)) return proxy
    return isIP(plain) === 6 ? networkOf(plain) : plain
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
