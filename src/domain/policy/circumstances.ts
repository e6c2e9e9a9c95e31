/**
 * The conditions of a rule that the arguments have no part in: when, from where, by which client. Like those on
 * arguments they hold, do not, or cannot be judged, where somebody's address or client is not known.
 */

import { BlockList, isIP } from "node:net"
import * as z from "zod"
import { compilePatterns } from "../pattern.ts"
import { isTimeZone, wallTime } from "../quota/local-day.ts"
import type { Judgement } from "./argument-condition.ts"

/** Of one call. */
export type Circumstances = {
  readonly nowMs: number
  /** The network address; undefined for who has none, as on the gateway's own stdin. */
  readonly source?: string | undefined
  /** As the client names itself, `name/version`: for convenience, never for trust. */
  readonly client?: string | undefined
}

const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const
const clockSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day: 08:30")
const not = z.literal(true).exactOptional().describe("Turns it round.")

export const timeConditionSchema = z
  .strictObject({
    zone: z.string().max(64).refine(isTimeZone, "a time zone, such as Europe/Berlin or UTC"),
    days: z.array(z.enum(days)).min(1).max(7).exactOptional(),
    from: clockSchema.exactOptional().describe("The first minute; with a later from than to, over midnight."),
    to: clockSchema.exactOptional().describe("The first minute that is no longer meant."),
    not,
  })
  .refine(
    ({ days, from, to }) => days !== undefined || from !== undefined || to !== undefined,
    "give days, from or to",
  )
  .refine(({ from, to }) => from === undefined || from !== to, "from and to are the same minute")

export const sourceConditionSchema = z.strictObject({
  in: z.array(z.string().max(64).refine(isNetwork, "an address or a network, such as 10.0.0.0/8")).min(1).max(100),
  not,
})

export const clientConditionSchema = z.strictObject({
  names: z.array(z.string().min(1).max(256)).min(1).max(100).describe("Patterns over name/version: cursor/*."),
  not,
})

type TimeCondition = z.output<typeof timeConditionSchema>
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

const minuteMs = 60_000
const dayMinutes = 1_440

/** Past midnight the day is that of the wall's calendar, not the one on which the time began. */
function isAt({ zone, days: meant, from, to }: TimeCondition, nowMs: number): boolean {
  const wallMs = wallTime(zone, nowMs)
  const day = days[new Date(wallMs).getUTCDay()]
  if (meant && !(meant as readonly unknown[]).includes(day)) return false
  const minute = Math.floor(wallMs / minuteMs) % dayMinutes
  const [first, end] = [minuteOf(from ?? "00:00"), to === undefined ? dayMinutes : minuteOf(to)]
  return first < end ? minute >= first && minute < end : minute >= first || minute < end
}

function minuteOf(clock: string): number {
  const [hour, minute] = clock.split(":").map(Number)
  return (hour ?? 0) * 60 + (minute ?? 0)
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
