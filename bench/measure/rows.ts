/**
 * What is said of each subject: medians over the rounds, least and most, and ratios to a yardstick. A ratio is taken
 * within each round, where both had the same machine, and then its median.
 */

import { type Measured, type Subject } from "./subject.ts"
import type { Row } from "./table.ts"

type Compared = {
  readonly yardstick: Subject
  /** Whose throughput is said in multiples of each subject's. */
  readonly governed?: Subject
}

export function summarize(subjects: readonly Subject[], { yardstick, governed }: Compared): readonly Row[] {
  return subjects.map((subject) => ({
    subject: subject.name,
    "calls/s": Math.round(medianOf(subject, callsPerSecond)),
    least: Math.round(Math.min(...subject.rounds.map(callsPerSecond))),
    most: Math.round(Math.max(...subject.rounds.map(callsPerSecond))),
    "of yardstick": rounded(ratioOf(subject, yardstick, callsPerSecond), 2),
    ...(governed && { "governed is x": rounded(ratioOf(governed, subject, callsPerSecond), 1) }),
    "p50 ms": rounded(medianOf(subject, p50Ms), 2),
    "p50 + ms": rounded(median(pairs(subject, yardstick).map(([one, other]) => one.p50Ms - other.p50Ms)), 2),
    "p99 ms": rounded(medianOf(subject, p99Ms), 1),
    "p99 x": rounded(ratioOf(subject, yardstick, p99Ms), 2),
    "main us": Math.round(medianOf(subject, ({ cpuUs }) => cpuUs.mainThread)),
    "main x": rounded(
      ratioOf(subject, yardstick, ({ cpuUs }) => cpuUs.mainThread),
      2,
    ),
    "process us": Math.round(medianOf(subject, ({ cpuUs }) => cpuUs.process)),
    "children us": Math.round(medianOf(subject, ({ cpuUs }) => cpuUs.children)),
    "RSS MB": Math.round(medianOf(subject, ({ residentMb }) => residentMb)),
    "loop p99 ms": subject.saysDelay
      ? rounded(
          medianOf(subject, ({ loopDelayMs }) => loopDelayMs ?? 0),
          1,
        )
      : "",
    failed: subject.rounds.reduce((sum, { failed }) => sum + failed, 0),
  }))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1)
  return (low + high) / 2
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

const callsPerSecond = ({ callsPerSecond }: Measured): number => callsPerSecond
const p50Ms = ({ p50Ms }: Measured): number => p50Ms
const p99Ms = ({ p99Ms }: Measured): number => p99Ms

function medianOf({ rounds }: Subject, pick: (round: Measured) => number): number {
  return median(rounds.map(pick))
}

function ratioOf(subject: Subject, yardstick: Subject, pick: (round: Measured) => number): number {
  return median(pairs(subject, yardstick).map(([one, other]) => pick(one) / pick(other)))
}

function pairs(subject: Subject, yardstick: Subject): readonly (readonly [Measured, Measured])[] {
  return subject.rounds.flatMap((round, at) => {
    const other = yardstick.rounds[at]
    return other ? [[round, other] as const] : []
  })
}
