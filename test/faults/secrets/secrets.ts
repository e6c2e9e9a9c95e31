/**
 * The canary sweep: all that gateways wrote, said and showed is searched for their secrets, in every form. After a
 * journey of our own (secrets-journey.ts), and after the whole suite of journeys, each of whose gateways is watched.
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { repeatedNonces } from "../../identity/nonces.ts"
import { root } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { openGround } from "./ground.ts"
import { goThrough } from "./journey.ts"
import { visitOverTls } from "./tls.ts"
import { dumpable, sweep, type Allowed, type Swept } from "./sweep.ts"

const seals = 1_000_000
/** In the suite of journeys. */
const fewestGateways = 30

const allowed: readonly Allowed[] = [
  { kind: /^argument$/, place: /^(replies|stdio)$/, why: "told to whoever had sent it" },
  {
    kind: /^(webLiteral|queryLiteral|pipeLiteral|broken\w+|imported)$/,
    place: /^folder\/servers\.d\/[\w-]+\.json$/,
    why: "where the operator wrote it, 0600",
  },
  {
    kind: /^(imported|pipeToken)$/,
    place: /^processes\/(one|crashing)\/\d+\/environ$/,
    why: "the service's own environment",
  },
  {
    kind: /^pipe(Token|Literal)$/,
    place: /^processes\/pipe\/\d+\/environ$/,
    why: "the service's own environment",
  },
  { kind: /^otherToken$/, place: /^processes\/other\/\d+\/environ$/, why: "the service's own environment" },
  {
    kind: /^(webToken|urlPassword|pipeToken|otherToken|unsendable|noUrl)$/,
    place: /^processes\/gateway\/\d+\/environ$/,
    why: "the gateway's own environment",
  },
]

/** Our own journey. */
export async function secretsOfJourney(): Promise<Figures> {
  return inFolder(async (folder) => {
    const ground = await openGround(folder)
    let drawn: Readonly<Record<string, string | Buffer>> = {}
    try {
      drawn = { ...(await goThrough(ground)), ...(await visitOverTls(folder, ground.kept)) }
    } finally {
      await ground.close()
    }
    const { key } = ground.gateway
    const canaries = { ...ground.secrets, ...drawn, adminKey: key.split("_")[2] ?? "" }
    return figuresOf(
      "secrets after a journey by all doors",
      sweep(folder, { canaries, allowed }),
      dumpable(folder),
    )
  })
}

export async function secretsEverywhere(): Promise<Figures> {
  const repeated = repeatedNonces(seals)
  const [journey, suite] = [await secretsOfJourney(), await secretsOfSuite()]
  return {
    suite: "secrets where they do not belong",
    figures: {
      "a journey by all doors": journey.figures as Row,
      "the suite of journeys": suite.figures as Row,
      "nonces of the sealer": { seals, repeated },
    },
    violations: [...journey.violations, ...suite.violations, ...(repeated > 0 ? ["A nonce came twice."] : [])],
  }
}

type Row = Readonly<Record<string, number>>

/** The suite of journeys, as `npm test` runs it. What fails of it only because it is watched is its own business. */
async function secretsOfSuite(): Promise<Figures> {
  return inFolder(async (folder) => {
    const journeys = globSync("test/journeys/*.test.ts", { cwd: root })
    const child = spawn(process.execPath, ["--test", "--test-force-exit", "--test-concurrency=2", ...journeys], {
      cwd: root,
      env: { ...process.env, MCP_META_TESTS_CANARIES: folder, NODE_TEST_CONTEXT: undefined },
      stdio: ["ignore", "inherit", "inherit"],
    })
    await once(child, "exit")
    const swept = sweep(folder)
    const few = swept.gateways < fewestGateways ? [`Only ${swept.gateways} gateways were watched.`] : []
    return figuresOf("secrets after the suite of journeys", swept, [...dumpable(folder), ...few])
  })
}

async function inFolder(run: (folder: string) => Promise<Figures>): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-canaries-"))
  try {
    return await run(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function figuresOf(suite: string, { hits, ...swept }: Swept, dumps: readonly string[]): Figures {
  const violations = swept.expected > 0 ? hits : ["No canary was found where it belongs: nothing was swept."]
  return { suite, figures: { ...swept, hits: hits.length }, violations: [...violations, ...dumps] }
}
