/**
 * Reports a run of the tests: failures and skips at length, the rest as counts, and last the line
 * `N passed, N failed` (`, N skipped`).
 */

import type { TestEvent } from "node:test/reporters"
import { styleText } from "node:util"

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for await (const event of source) {
    if (event.type === "test:fail" && !isSuite(event)) {
      counts.failed += 1
      yield failure(event.data)
    }
    if (event.type === "test:pass" && !isSuite(event)) {
      if (event.data.skip === undefined) counts.passed += 1
      else {
        counts.skipped += 1
        yield `skipped: ${event.data.name} (${String(event.data.skip)})\n`
      }
    }
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""
  yield `${counts.passed} passed, ${counts.failed} failed${skipped}\n`
}

function isSuite({ data }: Extract<TestEvent, { type: "test:pass" | "test:fail" }>): boolean {
  return data.details.type === "suite"
}

function failure({ name, file, line, details }: Extract<TestEvent, { type: "test:fail" }>["data"]): string {
  const text = told(details.error.cause ?? details.error.message)
  return `${styleText("red", `failed: ${name}`)} (${file ?? "?"}:${line ?? 0})\n${text.replaceAll(/^/gm, "    ")}\n`
}

/** An error with what caused it. */
function told(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const text = thrown.stack ?? thrown.message
  return thrown.cause === undefined ? text : `${text}\ncaused by ${told(thrown.cause)}`
}
