/**
 * Whether there are arguments that some rule allows and no rule denies. Each rule that denies is escaped by arguments of
 * which one of its conditions is known not to hold; so one condition of each is chosen, in all ways, and values are looked for
 * that the choice agrees with. What is equal, unequal or within bounds is worked out exactly, and so is a pattern that must
 * both match and not match. Of other patterns it is not: two on one argument that exclude each other are taken to leave
 * something.
 */

import type { Principal } from "../principal.ts"
import { constantsOf, isAbsentPassing, judgeValue, type ArgumentCondition } from "./argument-condition.ts"

/** One condition that must hold, or must be known not to. */
type Wanted = { readonly condition: ArgumentCondition; readonly holds: boolean }

type Conditions = readonly ArgumentCondition[]

/** Choices looked at; where there are more, something is taken to be left. */
const maxChoices = 2_000

/** @param allowing the conditions of each rule that allows, of which one is needed; @param denying of each that denies */
export function isReachable(
  allowing: readonly Conditions[],
  denying: readonly Conditions[],
  principal: Principal,
): boolean {
  if (denying.some((conditions) => conditions.length === 0)) return false
  const search: Search = { denying, principal, left: maxChoices }
  return allowing.some((conditions) =>
    isEscaping(
      search,
      0,
      conditions.map((condition) => ({ condition, holds: true })),
    ),
  )
}

type Search = { readonly denying: readonly Conditions[]; readonly principal: Principal; left: number }

function isEscaping(search: Search, at: number, wanted: readonly Wanted[]): boolean {
  if (search.left-- <= 0) return true
  if (!isConsistent(wanted, search.principal)) return false
  const conditions = search.denying[at]
  if (!conditions) return true
  return conditions.some((condition) => isEscaping(search, at + 1, [...wanted, { condition, holds: false }]))
}

function isConsistent(wanted: readonly Wanted[], principal: Principal): boolean {
  const byPointer = [...Map.groupBy(wanted, ({ condition }) => condition.pointer)]
  const present = byPointer.filter(([, all]) => !all.every(allowsAbsence))
  const isWithinAnother = (pointer: string): boolean =>
    byPointer.some(([outer]) => pointer.startsWith(`${outer}/`))
  return present.every(([pointer, all]) => !isWithinAnother(pointer) && hasValue(all, principal))
}

function allowsAbsence({ condition, holds }: Wanted): boolean {
  return !holds && isAbsentPassing(condition)
}

function hasValue(wanted: readonly Wanted[], principal: Principal): boolean {
  const constants = wanted.flatMap(({ condition }) => constantsOf(condition, principal))
  const candidates = [...constants, ...othersThan(constants)]
  const agrees = (value: string | number | boolean): boolean =>
    wanted.every(({ condition, holds }) => judgeValue(condition, value, principal) === holds)
  if (candidates.some(agrees)) return true
  const patterns = wanted.filter(({ condition }) => condition.matches !== undefined)
  return patterns.length > 0 && !contradict(patterns) && mayBeText(wanted, candidates, principal)
}

/** Whether one of the patterns must match and must not. */
function contradict(patterns: readonly Wanted[]): boolean {
  const matching = ({ condition, holds }: Wanted): boolean => holds !== (condition.not === true)
  const [wanted, unwanted] = [patterns.filter(matching), patterns.filter((one) => !matching(one))]
  return wanted.some(({ condition }) => unwanted.some((other) => other.condition.matches === condition.matches))
}

/** Whether all that is no pattern leaves texts without end, among which patterns may have one. */
function mayBeText(
  wanted: readonly Wanted[],
  candidates: readonly (string | number | boolean)[],
  principal: Principal,
): boolean {
  const others = wanted.filter(({ condition }) => condition.matches === undefined)
  const fresh = candidates.at(-1) ?? ""
  return others.every(({ condition, holds }) => judgeValue(condition, fresh, principal) === holds)
}

/** A value of each kind between and around those that are told apart; the last is a text like none of them. */
function othersThan(constants: readonly (string | number | boolean)[]): readonly (string | number | boolean)[] {
  const numbers = constants.filter((one) => typeof one === "number").sort((a, b) => a - b)
  const between = numbers.slice(1).map((number, at) => ((numbers[at] ?? 0) + number) / 2)
  const around = [(numbers[0] ?? 0) - 1, (numbers.at(-1) ?? 0) + 1]
  const text = `${constants.filter((one) => typeof one === "string").sort((a, b) => b.length - a.length)[0] ?? ""}-`
  return [true, false, ...between, ...around, text]
}
