/**
 * What this machine lends to services, under the terms that the settings give: which programs may be started on whose
 * word, and to which addresses connections may be made. The rules themselves: domain/command-rules.ts, network-rules.ts.
 */

import { realpath } from "node:fs/promises"
import { judgeCommand, pathsOf, type Program } from "../domain/command-rules.ts"
import type { DialGuard, Machine } from "../domain/services/machine.ts"
import { publicOnly, type NetworkRules, type OutboundTerms } from "../domain/services/network-rules.ts"
import { GatewayError } from "../errors.ts"
import { guardDials, openDials } from "./links/dial-guard.ts"
import { NameLookups, type Resolve } from "./links/name-lookups.ts"

/** For what comes through operations, or for files of services and addresses in settings as well. */
type Strictness = "operations" | "all"

export type MachineTerms = {
  readonly outbound: OutboundTerms & { readonly strict: Strictness }
  readonly stdio: { readonly strict: Strictness; readonly commands: readonly string[] }
}

/** Programs are looked for first where our own runtime is: child.ts. */
const ownNames = ["node"]

/** @param resolve in place of the system's */
export function createMachine(
  { outbound, stdio }: MachineTerms,
  resolve: Resolve = new NameLookups().resolve,
): Machine {
  const names = [...ownNames, ...stdio.commands]
  const byDefault = outbound.strict === "all" ? publicOnly : undefined
  return {
    guardFor: (rules: NetworkRules | undefined = byDefault): DialGuard =>
      rules ? guardDials(rules, outbound, resolve) : openDials(resolve),
    assertHarmless: async (program, origin) => {
      if (origin === "operation" || stdio.strict === "all") await assertHarmless(program, names)
    },
  }
}

/** @throws GatewayError `invalid` */
async function assertHarmless(program: Program, names: readonly string[]): Promise<void> {
  const paths = await Promise.all(pathsOf(program).map(async (path) => [path, await whereLeads(path)] as const))
  const real = new Map(paths)
  const found = judgeCommand(program, { names, realPathOf: (path) => real.get(path) ?? path })
  if (!found) return
  throw new GatewayError(
    "invalid",
    `This command line is not taken (${found.rule}). ${found.sentence} An operator can write the service into a file of servers.d instead.`,
    { detail: { rule: found.rule } },
  )
}

/** What is not there yet leads nowhere. */
async function whereLeads(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}
