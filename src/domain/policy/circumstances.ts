/**
 * The conditions of a rule that the arguments have no part in: when, from where, by which client. Like those on
 * arguments they hold, do not, or cannot be judged, where somebody's address or client is not known. What is a time:
 * time-condition.ts.
 */

import { BlockList, isIP } from "node:net"
import * as z from "zod"
import { compilePatterns } from "../pattern.ts"
import type { Judgement } from "./argument-condition.ts"
import { isAt, type TimeCondition } from "./time-condition.ts"

/** Of one call. */
export type Circumstances = {
  readonly nowMs: number
  /** The network address; undefined for who has none, as on the gateway's own stdin. */
  readonly source?: string | undefined
  /** As the client names itself, `name/version`: for convenience, never for trust. */
  readonly client?: string | undefined
}

const not = z.literal(true).exactOptional().describe("Turns it round.")

export const sourceConditionSchema = z.strictObject({
  in: z.array(z.string().max(64).refine(isNetwork, "an address or a network, such as 10.0.0.0/8")).min(1).max(100),
  not,
})

export const clientConditionSchema = z.strictObject({
  names: z.array(z.string().min(1).max(256)).min(1).max(100).describe("Patterns over name/version: cursor/*."),
  not,
})

type SourceCondition = z.output<typeof sourceConditionSchema>
type ClientCondition = z.output<typeof clientConditionSchema>

export type CircumstantialRule = {
  readonly time?: TimeCondition
  readonly source?: SourceCondition
  readonly client?: ClientCondition
}

type CircumstancePart = keyof CircumstantialRule

/** One of the conditions of a rule, ready to be asked. */
export type Circumstance = { readonly part: CircumstancePart; readonly judge: (of: Circumstances) => Judgement }

export function compileCircumstances({ time, source, client }: CircumstantialRule): readonly Circumstance[] {
  const parts: Circumstance[] = []
  if (time) parts.push({ part: "time", judge: ({ nowMs }) => turned(time, isAt(time, nowMs)) })
  if (source) {
    const isIn = readNetworks(source.in)
    parts.push({
      part: "source",
      judge: ({ source: at }) => turned(source, at === undefined ? undefined : isIn(at)),
    })
  }
  if (client) {
    const matches = compilePatterns(client.names)
    const isNamed = (name: string | undefined): Judgement => (name === undefined ? undefined : matches(name))
    parts.push({ part: "client", judge: ({ client: name }) => turned(client, isNamed(name)) })
  }
  return parts
}

function turned({ not }: { readonly not?: true }, judged: Judgement): Judgement {
  return judged === undefined ? undefined : judged !== (not === true)
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/")
  const family = isIP(address)
  if (family === 0 || address.includes("%") || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

/** @returns undefined for what is no address */
function readNetworks(texts: readonly string[]): (address: string) => Judgement {
  const networks = new BlockList()
  for (const text of texts) {
    const [address = "", bits] = text.split("/")
    if (bits === undefined) networks.addAddress(address, familyOf(address))
    else networks.addSubnet(address, Number(bits), familyOf(address))
  }
  return (address) => {
    const [plain = ""] = address.split("%") // the zone of a link-local address
    return isIP(plain) === 0 ? undefined : networks.check(plain, familyOf(plain))
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4"
}
