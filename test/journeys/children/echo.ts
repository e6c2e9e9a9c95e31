/**
 * A service on stdio for the journeys: says back a nonce, in its progress too, shows its environment, and waits.
 * `--stubborn` makes it stay when it is asked to leave, by signal or by the end of its stdin.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { serve, type Fields, type Tool } from "../../../examples/hello-server/mcp-over-stdio.ts"

const number = { type: "number" }
const say = (text: string): Fields => ({ content: [{ type: "text", text }] })

const echo: Tool = {
  name: "echo",
  description: "Says back a nonce",
  inputSchema: { type: "object", properties: { nonce: number, delayMs: number } },
  run: async ({ nonce, delayMs }, { report }) => {
    report(Number(nonce), 1_000_000)
    await sleep(Number(delayMs ?? 0))
    return say(String(nonce))
  },
}

const environment: Tool = {
  name: "environment",
  description: "Shows everything this process was given",
  inputSchema: { type: "object" },
  run: () => say(JSON.stringify({ env: process.env, argv: process.argv })),
}

/** Not declared to be repeatable: a call that may have begun must not begin again. */
const wait: Tool = {
  name: "wait",
  description: "Answers after a while",
  inputSchema: { type: "object", properties: { ms: number } },
  run: async ({ ms }, { signal }) => {
    await sleep(Number(ms), undefined, { signal })
    return say("waited")
  },
}

if (process.argv.includes("--stubborn")) {
  process.on("SIGTERM", () => {})
  process.on("SIGINT", () => {})
  setInterval(() => {}, 60_000)
}

serve({
  info: { name: "echo", version: "1.0.0" },
  instructions: "",
  tools: [echo, environment, wait],
  prompts: [],
  resources: [],
})
