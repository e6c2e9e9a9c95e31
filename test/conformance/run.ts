/**
 * Runs the official conformance suites and prints a line for each: `node test/conformance/run.ts --direct`.
 * Which suites: suites.ts. What they are run against: doors.ts.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { root, start, urlIn } from "../support/process.ts"
import { doors, type Door } from "./doors.ts"
import { readBaseline, readChecks, type Check } from "./results.ts"
import { aggregateSuites, suites, type Suite } from "./suites.ts"

type Failure = { readonly scenario: string; readonly check: string; readonly message: string }

type SuiteResult = {
  readonly name: string
  readonly revision: string
  readonly passed: number
  /** Failed checks of scenarios that count, without those a baseline expects, and with its stale entries. */
  readonly failed: number
  readonly warnings: number
  /** Failed checks of scenarios that are run but not counted, such as those of extensions. */
  readonly unscoredFailed: number
  readonly failures: readonly Failure[]
}

type SuiteRun = { readonly suite: Suite; readonly url: string; readonly expectedFailuresFile?: string }

const runLimitMs = 180_000

/**
 * @param url a loopback address, which the suites' own rebinding checks need.
 * @throws Error when a run gives no results or passes its time limit. Failed checks are results.
 */
export async function runSuite({ suite, url, expectedFailuresFile }: SuiteRun): Promise<SuiteResult> {
  const expected = expectedFailuresFile ? readBaseline(expectedFailuresFile) : []
  const checks: Check[] = []
  for (const args of suite.runs) checks.push(...(await runOnce(suite.package, ["server", "--url", url, ...args])))
  const counted = checks.filter(({ id }) => !suite.leftOut.includes(id))
  return summarize(suite, counted, expected)
}

async function runOnce(packageName: string, args: readonly string[]): Promise<Check[]> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"))
  const cli = join(root, "node_modules", packageName, "dist/index.js")
  try {
    const child = spawn(process.execPath, [cli, ...args, "--output-dir", folder], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: runLimitMs,
      killSignal: "SIGKILL",
    })
    const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
    const checks = readChecks(folder, printed)
    if (child.signalCode === "SIGKILL") throw new Error(`${packageName} was ended after ${runLimitMs} ms`)
    if (checks.length === 0) throw new Error(`${packageName} checked nothing: ${complaints || printed}`)
    return checks
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function summarize({ name, revision }: Suite, checks: readonly Check[], expected: readonly string[]): SuiteResult {
  const failed = checks.filter(({ status }) => status === "FAILURE")
  const scored = failed.filter((check) => check.scored)
  const failures = [...scored.filter((check) => !expected.some(covers(check))), ...stale(expected, failed)]
  return {
    name,
    revision,
    passed: checks.filter(({ status }) => status === "SUCCESS").length,
    failed: failures.length,
    warnings: checks.filter(({ status }) => status === "WARNING").length,
    unscoredFailed: failed.length - scored.length,
    failures: failures.map(({ scenario, id, errorMessage }) => ({
      scenario,
      check: id,
      message: errorMessage ?? "",
    })),
  }
}

function covers({ scenario, id }: Check): (entry: string) => boolean {
  return (entry) => entry === scenario || entry === `${scenario}:${id}`
}

type Failed = Pick<Check, "scenario" | "id" | "errorMessage">

function stale(expected: readonly string[], failed: readonly Check[]): Failed[] {
  const unused = expected.filter((entry) => !failed.some((check) => covers(check)(entry)))
  return unused.map((scenario) => ({ scenario, id: "baseline", errorMessage: "does not fail; remove the entry" }))
}

async function runAll(door: Door, chosen: readonly Suite[]): Promise<number> {
  let failed = 0
  for (const suite of chosen) {
    const fixture = await start({
      args: [join(root, "test/fixtures", suite.fixture, "http.ts")],
      ready: /^listening /,
    })
    try {
      const result = await runBehind(door, suite, urlIn(fixture.line))
      console.log(describe(result))
      failed += result.failed
    } finally {
      await fixture.stop()
    }
  }
  return failed
}

async function runBehind(door: Door, suite: Suite, fixtureUrl: string): Promise<SuiteResult> {
  const { url, close } = await door(fixtureUrl, suite.endpoint)
  try {
    return await runSuite({ suite, url })
  } finally {
    await close()
  }
}

function describe(result: SuiteResult): string {
  const { name, revision, passed, failed, warnings, unscoredFailed, failures } = result
  const extra = [
    ...(warnings > 0 ? [`${warnings} warnings`] : []),
    ...(unscoredFailed > 0 ? [`${unscoredFailed} failed in scenarios that do not count`] : []),
  ]
  const line = [`${name} ${revision}: ${passed} checks passed, ${failed} failed`, ...extra].join(", ")
  return [line, ...failures.map(({ scenario, check, message }) => `  ${scenario} / ${check}: ${message}`)].join(
    "\n",
  )
}

if (import.meta.main) {
  const [name = ""] = process.argv.slice(2)
  const door = doors[name.replace(/^--/, "")]
  if (!door) {
    console.error(
      `Usage: run.ts ${Object.keys(doors)
        .map((known) => `--${known}`)
        .join(" | ")}`,
    )
    process.exit(2)
  }
  process.exitCode = (await runAll(door, [...suites, ...aggregateSuites])) > 0 ? 1 : 0
}
