/**
 * Lets the state of a gateway that does not run grow: principals and rules, written as the gateway does. Its record:
 * long-record.ts.
 */

import { randomUUID } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Principal } from "../../src/domain/principal.ts"
import type { Quota } from "../../src/domain/quota/quota.ts"
import { makeKey } from "../../src/identity/api-key.ts"
import { readState, type State } from "../../src/stores/json/state.ts"

const patternsEach = 200
const maxQuotas = 1_000

export function addPrincipals(folder: string, count: number): Promise<void> {
  return changeState(folder, (state) => {
    const [key] = state.keys
    const caller = callerIn(state)
    const added = Array.from({ length: count }, (_, at) => ({ ...caller, id: randomUUID(), name: `other-${at}` }))
    // The hash of a key that is never used need not be its own.
    const keys = key ? added.map(({ id }) => ({ ...key, id: makeKey().id, principalId: id })) : []
    return { ...state, principals: [...state.principals, ...added], keys: [...state.keys, ...keys] }
  })
}

export function addRules(folder: string, count: number): Promise<void> {
  return changeState(folder, (state) => {
    const caller = callerIn(state)
    const own = withPatterns(caller, 0, Math.min(count, patternsEach))
    const rest = Math.ceil((count - patternsEach) / patternsEach)
    const others = Array.from({ length: Math.max(0, rest) }, (_, at) => ({
      ...withPatterns(caller, at + 1, patternsEach),
      id: randomUUID(),
      name: `other-${at}`,
    }))
    const principals = [...state.principals.filter(({ id }) => id !== caller.id), own, ...others]
    return { ...state, principals, quotas: [...state.quotas, ...quotasOf(state, count)] }
  })
}

async function changeState(folder: string, change: (state: State) => State): Promise<void> {
  const path = join(folder, "data/state.json")
  const changed = change(readState(await readFile(path, "utf8")))
  await writeFile(path, compact(changed), { mode: 0o600 })
}

/** As the gateway would write it, less the white space: the file may have 64 MiB, and 100,000 principals need most of it. */
function compact(state: State): string {
  return JSON.stringify({ format: 1, ...state })
}

function callerIn({ principals }: State): Principal {
  const caller = principals.find(({ name }) => name === "bench")
  if (!caller) throw new Error("The state has no principal named bench.")
  return caller
}

function withPatterns(principal: Principal, seed: number, count: number): Principal {
  const more = Array.from({ length: count - 1 }, (_, at) => `other${seed}_${at}__*`)
  return { ...principal, grants: { ...principal.grants, tools: { allow: [...more, "bench*"], deny: [] } } }
}

function quotasOf({ quotas }: State, rules: number): readonly Quota[] {
  const [like] = quotas
  const count = Math.min(maxQuotas - quotas.length, Math.floor(rules / 10))
  if (!like) return []
  return Array.from({ length: count }, (_, at) => ({
    ...like,
    id: randomUUID(),
    counter: randomUUID(),
    target: { kind: "tool", pattern: `other__tool_${at}` },
  }))
}
