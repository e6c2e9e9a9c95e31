/** The medians of each subject, and their ratios to one of them. */

import { medianOf, type Subject } from "./subject.ts"

export type Row = Readonly<Record<string, string | number>>

export function summarize(subjects: readonly Subject[], yardstick: Subject): readonly Row[] {
  return subjects.map((subject) => ({
    subject: subject.name,
    "calls/s": Math.round(medianOf(subject, callsPerSecond)),
    "of the yardstick": ratio(medianOf(subject, callsPerSecond), medianOf(yardstick, callsPerSecond)),
    "p50 ms": medianOf(subject, ({ p50Ms }) => p50Ms),
    "p99 ms": medianOf(subject, ({ p99Ms }) => p99Ms),
    "main thread us/call": Math.round(medianOf(subject, mainThreadUs)),
    "main thread of the yardstick": ratio(medianOf(subject, mainThreadUs), medianOf(yardstick, mainThreadUs)),
    "process us/call": Math.round(medianOf(subject, ({ cpuUs }) => cpuUs)),
    failed: subject.rounds.reduce((sum, { failed }) => sum + failed, 0),
  }))
}

const callsPerSecond = ({ callsPerSecond }: { readonly callsPerSecond: number }): number => callsPerSecond
const mainThreadUs = ({ mainThreadUs }: { readonly mainThreadUs: number }): number => mainThreadUs

function ratio(value: number, yardstick: number): number {
  return Number((value / yardstick).toFixed(2))
}
