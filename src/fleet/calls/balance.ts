/**
 * Which endpoint of a service takes the next call: an order in which to try them. Health only orders, it never leaves
 * one out, so that a wrong verdict costs a detour and not the service. How health is judged: health.ts.
 */

import { hash } from "node:crypto"

export type Balance = "round_robin" | "weighted" | "least_connections" | "hash"

export type Candidate = {
  readonly address: string
  readonly weight: number
  readonly healthy: boolean
  readonly inFlight: number
}

/** What one call brings to the choice. */
export type Turn = {
  /** How many calls came before. */
  readonly number: number
  readonly principalId: string
}

/** All candidates, the one to try first in front; the healthy ones before the others. */
export function orderCandidates<T extends Candidate>(candidates: readonly T[], balance: Balance, turn: Turn): T[] {
  if (candidates.length < 2) return [...candidates]
  const ordered = orders[balance](candidates, turn) as T[]
  return [...ordered.filter(({ healthy }) => healthy), ...ordered.filter(({ healthy }) => !healthy)]
}

type Order = (candidates: readonly Candidate[], turn: Turn) => Candidate[]

const orders: Readonly<Record<Balance, Order>> = {
  round_robin: (candidates, turn) => rotate(candidates, turn.number % candidates.length),
  weighted: byWeight,
  least_connections: (candidates, turn) =>
    rotate(candidates, turn.number % candidates.length).sort((a, b) => load(a) - load(b)),
  hash: (candidates, { principalId }) =>
    candidates
      .map((candidate) => ({ candidate, draw: drawFor(candidate, principalId) }))
      .sort((a, b) => b.draw - a.draw)
      .map(({ candidate }) => candidate),
}

function rotate(candidates: readonly Candidate[], by: number): Candidate[] {
  return [...candidates.slice(by), ...candidates.slice(0, by)]
}

const goldenRatio = 0.618_033_988_749_894_9

/** Steps of the golden ratio fall evenly on every share, with no long run on one. */
function byWeight(candidates: readonly Candidate[], { number }: Turn): Candidate[] {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0)
  let left = ((number * goldenRatio) % 1) * total
  const first = candidates.findIndex(({ weight }) => (left -= weight) < 0)
  return rotate(candidates, Math.max(first, 0))
}

function load({ inFlight, weight }: Candidate): number {
  return (inFlight + 1) / Math.max(weight, Number.EPSILON)
}

/** Rendezvous hashing: an endpoint that comes or goes moves only its own share of the callers. */
function drawFor({ address, weight }: Candidate, principalId: string): number {
  const digits = hash("sha256", `${address}\n${principalId}`).slice(0, 12)
  const uniform = (Number.parseInt(digits, 16) + 1) / (2 ** 48 + 1)
  return -weight / Math.log(uniform)
}
