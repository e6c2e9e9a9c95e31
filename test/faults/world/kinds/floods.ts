/** Services that say too many things: requests, notifications, changes of lists, error output. */

import { setTimeout as sleep } from "node:timers/promises"
import { overNetwork, pipes, type Kinds } from "../service/kind.ts"
import { frame, pour, say, type Mouth } from "../service/mouth.ts"

/** A share of it in the brief run: FLOOD=0.1. */
const share = Number(process.env["FLOOD"] ?? 1)
const notifications = 100_000 * share
const requests = 10_000 * share
const changes = 20_000 * share
const errorBytes = 1_000_000_000 * share
const every = overNetwork.concat("stdio")

const changed = JSON.stringify({ jsonrpc: "2.0", method: "notifications/tools/list_changed" })

export const floods: Kinds = {
  "sampling-flood": {
    id: "DS-13",
    does: "asks for 10,000 samplings before it answers",
    era: "legacy",
    gets: ["answered", "error"],
    call: async (turn) => {
      turn.mouth.stream()
      const params = { messages: [], maxTokens: 1 }
      for (let made = 0; made < requests && !turn.mouth.gone; made++)
        await say(turn.mouth, { id: `q${made}`, method: "sampling/createMessage", params })
      await turn.proper()
    },
  },
  "notification-flood": {
    id: "DS-14",
    does: "sends 100,000 notifications before it answers",
    gets: ["answered", "error"],
    call: async (turn) => {
      turn.mouth.stream()
      const note = JSON.stringify({
        jsonrpc: "2.0",
        method: "notifications/message",
        params: { level: "info", data: 1 },
      })
      await repeat(turn.mouth, note, notifications)
      await turn.proper()
    },
  },
  "nonsense-flood": {
    id: "DS-14",
    does: "sends 100,000 notifications of no known method before it answers",
    over: pipes,
    gets: ["answered", "error"],
    call: async (turn) => {
      await repeat(
        turn.mouth,
        JSON.stringify({ jsonrpc: "2.0", method: "vendor/nothing", params: {} }),
        notifications,
      )
      await turn.proper()
    },
  },
  "list-storm": {
    id: "DS-15",
    does: "says 20,000 times that its tools have changed, and goes on once in a while",
    over: every,
    gets: ["answered", "error", "unknown"],
    unasked: async (mouth) => {
      await repeat(mouth, changed, changes)
      while (!mouth.gone) {
        await frame(mouth, changed)
        await sleep(1)
      }
    },
  },
  "stderr-flood": {
    id: "DS-26",
    does: "writes a gigabyte to its error output before it answers",
    over: ["stdio"],
    gets: ["answered", "error"],
    call: async (turn) => {
      const chunk = Buffer.from("error: \u001b[31mall is lost\u0007\n".repeat(4_000))
      for (let said = 0; said < errorBytes; said += chunk.length) await pour(process.stderr, chunk)
      await turn.proper()
    },
  },
}

async function repeat(mouth: Mouth, text: string, times: number): Promise<void> {
  for (let said = 0; said < times && !mouth.gone; said++) await frame(mouth, text)
}
