/** What policies come to, written down once more: plainly, slowly, and with nothing of the engine's. */
import type { Asked, Given, Rule } from "./asked.ts"
type Said = boolean | undefined // undefined where nobody can say

const escaped = (text: string): string => text.replace(/\W/g, "\\$&")
const glob = (one: string): RegExp => new RegExp(`^${one.split("*").map(escaped).join("[^]*")}$`)
const like = (patterns: string[], text?: string): boolean => text !== undefined && patterns.some((one) => glob(one).test(text)) // oxfmt-ignore
const has = (list: unknown, one: unknown): boolean => !list || (list as unknown[]).includes(one)
const bits = (ip: string): string => ip.split(".").map((part) => Number(part).toString(2).padStart(8, "0")).join("") // oxfmt-ignore
const isIn = (net: string, ip: string): boolean => bits(ip).startsWith(bits(net.replace(/\/.*/, "")).slice(0, Number(net.split("/")[1] ?? 32))) // oxfmt-ignore
const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
const turn = (not: unknown, said: Said): Said => (said === undefined || !not ? said : !said)

function compare(one: Given, value: unknown, principal: Given): Said {
  const { matches, min = -1e9, max = 1e9, equals, oneOf, equalsPrincipal } = one as Record<string, never>
  if (matches) return typeof value === "string" ? new RegExp(`^(?:${String(matches)})$`).test(value) : undefined
  if ("min" in one || "max" in one) return typeof value === "number" ? value >= min && value <= max : undefined
  const among: unknown[] = oneOf ?? [equals ?? principal[equalsPrincipal ?? ""]]
  return among.some((each) => typeof each === typeof value) ? among.includes(value) : undefined
}

function argument(one: Given, { args, principal }: Asked): Said {
  let at: unknown = args
  for (const key of String(one["pointer"]).slice(1).split("/"))
    at = typeof at === "object" && at ? (at as Given)[key] : undefined
  if (at === undefined) return args !== undefined && one["absent"] ? false : undefined
  return turn(one["not"], compare(one, at, principal))
}

function around({ time, source, client }: Rule, asked: Asked): Said[] {
  const [from, to] = [minuteOf(time?.from ?? "00:00"), minuteOf(time?.to ?? "24:00")]
  const [after, before] = [asked.minute >= from, asked.minute < to]
  const isTime = has(time?.days, asked.day) && (from < to ? after && before : after || before)
  const ip = asked.source
  const isFrom = ip === undefined ? undefined : source?.in.some((net) => isIn(net, ip))
  const isClient = asked.client === undefined ? undefined : like(client?.names ?? [], asked.client)
  const all = [[time, isTime], [source, isFrom], [client, isClient]] as const // oxfmt-ignore
  return all.map(([one, said]) => !one || turn(one.not, said))
}

function isAbout({ subject, target, actions, effect }: Rule, { principal, item, action }: Asked): boolean {
  const { services = ["*"], tags, annotations = {}, [item.kind]: names = [] } = target
  const isNamed = like(names, item.name) || (effect === "deny" && like(names, item.own))
  const isAny = !target.tools && !target.prompts && !target.resources
  const isTagged = !tags || item.tags.some((tag) => tags.includes(tag))
  const isSaid = Object.entries(annotations).every(([hint, said]) => item.kind === "tools" && item.hints[hint] === said) // oxfmt-ignore
  const isSubject = like(subject.principals ?? ["*"], principal.name) && has(subject.kinds, principal.kind)
  const isHere = like(services, item.service) && (isAny || isNamed) && isTagged && isSaid
  return isHere && isSubject && has(subject.teams, principal.team) && has(actions, action)
}

export function isAllowed(asked: Asked): boolean {
  const rules = asked.policies.filter(({ mode }) => mode === "enforce").flatMap((policy) => policy.rules)
  const said = (rule: Rule): Said[] => [...around(rule, asked), ...(rule.arguments ?? []).map((one) => argument(one, asked))] // oxfmt-ignore
  const judged = rules.filter((rule) => isAbout(rule, asked)).map((rule) => ({ ...rule, said: said(rule) }))
  if (judged.some(({ effect, said }) => effect === "deny" && !said.includes(false))) return false
  if (like(asked.grants.allow, asked.item.name) && !like(asked.grants.deny, asked.item.name)) return true
  return judged.some(({ effect, said }) => effect === "allow" && said.every((one) => one === true))
}
