/** One round of load on one URL, from a process of its own so that it does not share the event loop with anything. */

import autocannon from "autocannon"

export type Round = {
  readonly callsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}
export type Load = {
  readonly url: string
  readonly tool: string
  readonly key?: string
  readonly connections: number
  readonly seconds: number
  /** Of the text among the arguments. */
  readonly argumentBytes?: number
}

const revision = "2026-07-28"

export async function load({ url, tool, key, connections, seconds, argumentBytes = 5 }: Load): Promise<Round> {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": revision,
    "io.modelcontextprotocol/clientCapabilities": {},
  }
  const params = { name: tool, arguments: { text: "h".repeat(argumentBytes), times: 3 }, _meta: meta }
  const result = await autocannon({
    url,
    method: "POST",
    connections,
    duration: seconds,
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": revision,
      "mcp-method": "tools/call",
      "mcp-name": tool,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  })
  return {
    callsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  }
}
