/** One round of calls that are more than a quota allows, all at once, and what became of them. */

import { setTimeout as sleep } from "node:timers/promises"
import { perform } from "../../journeys/operations.ts"
import type { Peer } from "../../journeys/peer.ts"
import type { Asked } from "../client-journal.ts"
import type { Rig } from "../rig.ts"

export const algorithms = ["fixed_window", "sliding_window", "token_bucket"] as const

export type QuotaInput = { readonly target: string; readonly limit: number; readonly algorithm: string }

export const allowed = 37
export const crowd = 1_000
export const agentName = "crowd"
export const tool = "modern__count"

/** Nothing resets and hardly anything refills while a round takes place. @returns the ids */
export async function setQuotas({ clients }: Rig, quotas: readonly QuotaInput[]): Promise<readonly string[]> {
  const ids: string[] = []
  for (const quota of quotas) {
    const input = { ...quota, subject: `principal:${agentName}`, window: "month" }
    const { quota: set } = (await perform(clients.modern, "set_quota", input)) as { quota: { id: string } }
    ids.push(set.id)
  }
  return ids
}

export async function removeQuotas({ clients }: Rig, ids: readonly string[]): Promise<void> {
  for (const id of ids) await perform(clients.modern, "remove_quota", { id })
}

/** What is used of each, in the order of the ids. */
export async function usedOf({ clients }: Rig, ids: readonly string[]): Promise<readonly number[]> {
  const { quotas } = (await perform(clients.modern, "list_quotas")) as { quotas: { id: string; used: number }[] }
  const used = new Map(quotas.map((quota) => [quota.id, quota.used]))
  return ids.map((id) => used.get(id) ?? Number.NaN)
}

export function callAtOnce(rig: Rig, agent: Peer, calls: number): Promise<readonly Asked[]> {
  return Promise.all(Array.from({ length: calls }, () => rig.calls.call(agent, tool)))
}

/** A call in each ms, whether the ones before it are answered or not. */
export function callInTurn(rig: Rig, agent: Peer, calls: number): Promise<readonly Asked[]> {
  const later = async (afterMs: number): Promise<Asked> => {
    await sleep(afterMs)
    return rig.calls.call(agent, tool)
  }
  return Promise.all(Array.from({ length: calls }, (_, index) => later(index)))
}

export function answeredOf(asked: readonly Asked[]): number {
  return asked.filter(({ fate }) => fate?.kind === "answered").length
}

/** Those that were neither answered nor refused by the quota. */
export function otherwise(asked: readonly Asked[]): readonly Asked[] {
  return asked.filter(({ fate }) => {
    if (fate?.kind === "refused") return fate.code !== "quota_exceeded"
    return fate?.kind !== "answered"
  })
}
