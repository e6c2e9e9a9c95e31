/** Reads what one run of an official suite left behind: a folder of JSON for each scenario, and what it printed. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"

const checks = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(["SUCCESS", "FAILURE", "WARNING", "SKIPPED", "INFO"]),
    errorMessage: z.string().optional(),
  }),
)

export type Check = z.infer<typeof checks>[number] & {
  readonly scenario: string
  /** Whether the revision counts this scenario; extensions and later additions are run but not counted. */
  readonly scored: boolean
}

export function readChecks(folder: string, printed: string): Check[] {
  const unscored = unscoredScenarios(printed)
  return readdirSync(folder).flatMap((run) => {
    const scenario = run.replace(/^server-/, "").replace(/-\d{4}-\d\d-\d\dT[\dZ-]+$/, "")
    const found = checks.parse(JSON.parse(readFileSync(join(folder, run, "checks.json"), "utf8")))
    return found.map((check) => ({ ...check, scenario, scored: !unscored.has(scenario) }))
  })
}

/** The names under the heading `Not scored for REVISION: ...`, one a line: `  ✗ tasks-lifecycle (extension)`. */
function unscoredScenarios(printed: string): Set<string> {
  const [, section = ""] = printed.split(/^Not scored for /m)
  return new Set([...section.matchAll(/^\s+[✓✗] (\S+) \(/gm)].map(([, name = ""]) => name))
}
