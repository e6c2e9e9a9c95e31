/** What is looked at around a jump of the clock: begun before it, and looked at after. Which jumps: jumps.ts. */

import { bearer, httpPipe, HttpRefusal } from "../../journeys/http-pipe.ts"
import { eventually } from "../../journeys/eventually.ts"
import { perform } from "../../journeys/operations.ts"
import { openPeer, type Peer, type Reply } from "../../journeys/peer.ts"
import { createAgent, rest } from "../../support/rest.ts"
import type { Rig } from "../rig.ts"

/** @returns what is wrong, looked at after the jump to so many seconds from the real time */
type Look = (offsetSeconds: number) => Promise<string | undefined>
/** Before a jump. */
type Begin = () => Promise<Look>
export type Probe = (rig: Rig) => Promise<Begin>

export const callIdleMs = 1_000
const daySeconds = 86_400
/** A slow machine comes by later, but no clock that jumped an hour does. */
const slackMs = 10_000

/** So many services never answer: one that did so again and again would be left alone. */
export const silentServices = 6

const deadline: Probe = async (rig) => {
  let asked = 0
  return async () => {
    const name = `silent${asked++ % silentServices}`
    return waitFor(rig, name)
  }
}

function waitFor(rig: Rig, name: string): Look {
  const beganMs = performance.now()
  const timed = ({ error, text }: Reply) => ({ error, text, tookMs: performance.now() - beganMs })
  const waiting = rig.clients.modern.tool(`${name}__never`).then(timed)
  return async () => {
    const { error, text, tookMs } = await waiting
    if (error?.data?.["code"] !== "timeout") return `the call ended with ${text}`
    return tookMs < callIdleMs - 50 || tookMs > callIdleMs + slackMs
      ? `it timed out after ${tookMs} ms`
      : undefined
  }
}

const key: Probe = async (rig) => {
  const expiring = await agentOf(rig, "expiring", { expiresInDays: 1 })
  return async () => async (offset) => {
    const said = await called(expiring)
    const expected = offset < daySeconds ? "answered" : "401"
    return said === expected ? undefined : `a key that is good for a day: ${said}`
  }
}

const session: Probe = async (rig) => {
  const { legacy } = rig.clients
  return async () => async (offset) => {
    const said = await called(legacy)
    const expected = offset < daySeconds ? "answered" : "404"
    return said === expected ? undefined : `a session that is good for a day: ${said}`
  }
}

const limit = 3
const windowMs = 4_000
/** By so much the clock is followed at once. */
const toleranceMs = 2_500

const quota: Probe = async (rig) => {
  const quick = await agentOf(rig, "quick")
  await perform(rig.clients.modern, "set_quota", {
    subject: "principal:quick",
    target: "everything",
    limit,
    window: "4 seconds",
    align: "rolling",
  })
  return async () => {
    const used = await useUp(quick)
    return async () => {
      const { error, text } = await quick.tool("modern__count")
      const isLong = performance.now() + toleranceMs < used.atMs + used.waitMs
      if (isLong && error?.data?.["code"] !== "quota_exceeded") return `a used up quota answered ${text}`
      const waitMs = Number(error?.data?.["retryAfterMs"] ?? 0)
      if (waitMs > 2 * windowMs) return `a window of ${windowMs} ms is to be waited for ${waitMs} ms`
      const passes = async (): Promise<boolean> => (await called(quick)) === "answered"
      return eventually("it passes", passes, 2 * windowMs + slackMs).then(() => undefined, String)
    }
  }
}

/** @returns how long it is refused from then on */
async function useUp(peer: Peer): Promise<{ readonly atMs: number; readonly waitMs: number }> {
  for (;;) {
    const atMs = performance.now()
    const { error } = await peer.tool("modern__count")
    if (error) return { atMs, waitMs: Number(error.data?.["retryAfterMs"]) }
  }
}

const guesses = 6
const longestWaitMs = 61_000

const guessing: Probe = async (rig) => {
  const authorization = `Basic ${Buffer.from("nobody:wrong").toString("base64")}`
  const guess = async (): Promise<number> => {
    const answer = await fetch(`${rig.origin}/api/v1/services`, { headers: { authorization } })
    return Number(((await answer.json()) as { retryAfterMs?: number }).retryAfterMs)
  }
  return async () => {
    for (let made = 0; made < guesses; made += 1) await guess()
    return async () => {
      const waitMs = await guess()
      return waitMs > longestWaitMs ? `who guessed is to wait ${waitMs} ms` : undefined
    }
  }
}

const record: Probe = async (rig) => async () => async () => {
  const head = () => perform(rig.clients.modern, "audit_head")
  const { seq, available, trouble } = await head()
  if (available !== true) return `nothing can be recorded: ${String(trouble)}`
  const covers = async (): Promise<boolean> => {
    const { checkpoint } = (await head()) as { checkpoint?: { size: number } }
    return (checkpoint?.size ?? 0) >= Number(seq)
  }
  return eventually("a checkpoint covers it", covers).then(() => undefined, String)
}

const operations: Probe = async (rig) => async () => async () => {
  const { modern } = rig.clients
  const asked = [
    ["list_services", {}],
    ["healthcheck", {}],
    ["get_server_details", { name: "modern" }],
    ["diagnose_service", { name: "modern" }],
    ["list_quotas", {}],
    ["list_keys", {}],
  ] as const
  for (const [name, input] of asked) {
    const said = JSON.stringify(await perform(modern, name, input).catch(String))
    if (/was refused|Ms":-/.test(said)) return `${name} says ${said}`
  }
  return undefined
}

export const probes: Readonly<Record<string, Probe>> = {
  deadline,
  key,
  session,
  quota,
  guessing,
  record,
  operations,
}

async function agentOf(rig: Rig, name: string, keyInput: object = {}): Promise<Peer> {
  const admin = { origin: rig.origin, key: await rig.key() }
  await createAgent(admin, name, { tools: { allow: ["*"] } })
  const { body } = await rest(admin, "POST", "/keys", { principal: name, ...keyInput })
  return openPeer(httpPipe(`${rig.origin}/mcp`, bearer((body as { key: string }).key)))
}

/** `answered`, the code of an error, or the status of an answer that is no message. */
async function called(peer: Peer): Promise<string> {
  try {
    return outcomeOf(await peer.tool("modern__count"))
  } catch (thrown) {
    return thrown instanceof HttpRefusal ? String(thrown.status) : String(thrown)
  }
}

function outcomeOf({ result, error }: Reply): string {
  return result ? "answered" : String(error?.data?.["code"])
}
