/**
 * Runs one of the official suites and counts what it found. What the suites are: suites.ts. What a run leaves behind:
 * results.ts.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { root } from "../support/process.ts"
import { readChecks, type Check } from "./results.ts"
import type { ClientSuite, Suite } from "./suites.ts"

type Failure = { readonly scenario: string; readonly check: string; readonly message: string }

export type SuiteResult = {
  readonly name: string
  readonly revision: string
  readonly passed: number
  /** Failed checks of scenarios that count, without those that are expected, and with expectations not met. */
  readonly failed: number
  readonly expected: number
  readonly warnings: number
  /** Failed checks of scenarios that are run but not counted, such as those of extensions. */
  readonly unscoredFailed: number
  readonly failures: readonly Failure[]
}

const alpha = "@modelcontextprotocol/conformance"
const runLimitMs = 180_000

/**
 * @param url a loopback address, which the suites' own rebinding checks need.
 * @throws Error when a run gives no results or passes its time limit. Failed checks are results.
 */
export async function runServerSuite(suite: Suite, url: string): Promise<SuiteResult> {
  const checks: Check[] = []
  for (const args of suite.runs) checks.push(...(await runOnce(suite.package, ["server", "--url", url, ...args])))
  const counted = checks.filter(({ id }) => !suite.leftOut.includes(id))
  return summarize(suite, counted, Object.keys(suite.expected))
}

/** @throws Error as runServerSuite does */
export async function runClientSuite(suite: ClientSuite): Promise<SuiteResult> {
  const program = [process.execPath, join(root, "test/conformance/scripted-client.ts")]
  const command = [...program.map((path) => JSON.stringify(path)), suite.script].join(" ")
  const checks: Check[] = []
  for (const scenario of suite.scenarios) {
    const args = ["--command", command, "--scenario", scenario, "--spec-version", suite.revision]
    checks.push(...(await runOnce(alpha, ["client", ...args])))
  }
  return summarize(suite, checks, [])
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

type Named = Pick<SuiteResult, "name" | "revision">

function summarize({ name, revision }: Named, checks: readonly Check[], expected: readonly string[]): SuiteResult {
  const failed = checks.filter(({ status }) => status === "FAILURE")
  const scored = failed.filter((check) => check.scored)
  const unexpected = scored.filter((check) => !expected.some(covers(check)))
  const failures = [...unexpected, ...unmet(expected, failed)]
  return {
    name,
    revision,
    passed: checks.filter(({ status }) => status === "SUCCESS").length,
    failed: failures.length,
    expected: scored.length - unexpected.length,
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

function unmet(expected: readonly string[], failed: readonly Check[]): Failed[] {
  const unused = expected.filter((entry) => !failed.some((check) => covers(check)(entry)))
  return unused.map((scenario) => ({ scenario, id: "expected", errorMessage: "does not fail; remove the entry" }))
}
