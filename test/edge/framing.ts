/** Says each of framing-cases.ts to a door, and counts the answers. */
import type { Figures } from "../faults/figures.ts"
import { framings, smuggled, type Framing } from "./framing-cases.ts"
import { hostOf, speak, type Door } from "./raw.ts"

export async function speakAllFramings(door: Door): Promise<Figures> {
  const violations: string[] = []
  for (const each of framings) {
    const { answers, hung } = await speak(
      door,
      bytesOf(each, door),
      each.expected === "refused" ? "open" : "whole",
    )
    const statuses = answers.map(({ status }) => status)
    const wrong = hung || (each.expected === "refused" ? wasServed(statuses) : !isAll(statuses, each.answers ?? 1))
    if (wrong) violations.push(`${door.name}: ${each.what} -> ${hung ? "hung " : ""}${statuses.join(" ")}`)
  }
  return { suite: `framing, ${door.name}`, figures: { cases: framings.length }, violations }
}

function bytesOf({ head, body = "", lineEnd = "\r\n", alone }: Framing, door: Door): string {
  return `${[...head, "", ""].join(lineEnd)}${body}${alone ? "" : smuggled}`
    .replaceAll("HOST", hostOf(door))
    .replaceAll("KEY", door.key)
}

/** A broken answer is none of ours; a 5xx is a fault of ours. */
function wasServed(statuses: readonly number[]): boolean {
  return statuses.some((status) => !(status >= 400 && status < 500))
}

function isAll(statuses: readonly number[], count: number): boolean {
  return statuses.length === count && statuses.every((status) => status >= 200 && status < 300)
}
