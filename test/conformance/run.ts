/**
 * Runs the official conformance suites and prints a line for each: `node test/conformance/run.ts --direct`.
 * Which suites: suites.ts. What they are run against: doors.ts. How one is run: run-suite.ts.
 */
import { join } from "node:path"
import { root, start, urlIn } from "../support/process.ts"
import { doors, type Door } from "./doors.ts"
import { runClientSuite, runServerSuite, type SuiteResult } from "./run-suite.ts"
import { acrossSuites, aggregateSuites, clientSuites, suites, type Suite } from "./suites.ts"

async function runBehind(door: Door, suite: Suite): Promise<SuiteResult> {
  const fixture = await start({
    args: [join(root, "test/fixtures", suite.fixture, "http.ts")],
    ready: /^listening /,
  })
  try {
    const { url, close } = await door(urlIn(fixture.line), suite.endpoint)
    try {
      return await runServerSuite(suite, url)
    } finally {
      await close()
    }
  } finally {
    await fixture.stop()
  }
}

/** Nobody but a gateway makes a fixture of one era speak the other, or is the client under test. */
function runsThrough(name: string, door: Door): readonly (() => Promise<SuiteResult>)[] {
  const behind = (suite: Suite) => () => runBehind(door, suite)
  const sameEra = [...suites, ...aggregateSuites].map(behind)
  if (name !== "gateway") return sameEra
  return [...sameEra, ...acrossSuites.map(behind), ...clientSuites.map((suite) => () => runClientSuite(suite))]
}

function describe(result: SuiteResult): string {
  const { name, revision, passed, failed, expected, warnings, unscoredFailed, failures } = result
  const extra = [
    ...(expected > 0 ? [`${expected} failed as the service's era has it`] : []),
    ...(warnings > 0 ? [`${warnings} warnings`] : []),
    ...(unscoredFailed > 0 ? [`${unscoredFailed} failed in scenarios that do not count`] : []),
  ]
  const line = [`${name} ${revision}: ${passed} checks passed, ${failed} failed`, ...extra].join(", ")
  return [line, ...failures.map(({ scenario, check, message }) => `  ${scenario} / ${check}: ${message}`)].join(
    "\n",
  )
}

const name = process.argv[2]?.replace(/^--/, "") ?? ""
const door = doors[name]
if (!door) {
  const known = Object.keys(doors).map((each) => `--${each}`)
  console.error(`Usage: run.ts ${known.join(" | ")}`)
  process.exit(2)
}
for (const run of runsThrough(name, door)) {
  const result = await run()
  console.log(describe(result))
  if (result.failed > 0) process.exitCode = 1
}
