/**
 * A fetch whose connections do not outlive their calls for long: those that a stall has brought would else be taken for
 * something that the gateway holds on to.
 */

import { Agent, fetch as fetchOver, type RequestInit } from "undici"

const idleMs = 2_000
const dispatcher = new Agent({ keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs })

export const passingFetch = ((url: string, init: RequestInit) =>
  fetchOver(url, { ...init, dispatcher })) as unknown as typeof fetch
