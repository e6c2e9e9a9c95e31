/** Services that say nothing, too late, or so slowly that it comes to the same. */

import { setTimeout as sleep } from "node:timers/promises"
import { overNetwork, pipes, type Kinds, type Turn } from "../service/kind.ts"
import { properAnswer } from "../service/manners.ts"

/** Answered late. */
let first: Turn | undefined
const slowMs = 1_000

export const silence: Kinds = {
  "never-answers": { id: "DS-01", does: "never answers a call", gets: ["error"], call: () => {} },
  "never-introduces": {
    id: "DS-01",
    does: "never answers the first message",
    gets: ["unknown"],
    introduce: () => {},
  },
  "never-lists": { id: "DS-01", does: "never answers tools/list", gets: ["unknown"], list: () => {} },
  late: {
    id: "DS-02",
    does: "answers the first call after its time-out, when the next one is open",
    gets: ["error"],
    later: ["answered"],
    call: async (turn) => {
      await first?.proper()
      first = turn
      if (turn.number > 1) await turn.proper()
    },
  },
  "one-byte-a-second": {
    id: "DS-03",
    does: "says its answer one byte a second",
    gets: ["error"],
    call: async (turn) => {
      for (const byte of textOf(turn)) {
        if (turn.mouth.gone) return
        await turn.mouth.piece(byte)
        await sleep(slowMs)
      }
    },
  },
  "comments-only": {
    id: "DS-09",
    does: "fills the event stream with comments",
    over: ["unix", "sse"],
    gets: ["error"],
    call: async ({ mouth }) => {
      mouth.stream()
      while (!mouth.gone) {
        await mouth.raw(": still here\n\n")
        await sleep(1)
      }
    },
  },
  "progress-for-ever": {
    id: "DS-08",
    does: "reports progress for ever, and answers never",
    gets: ["error"],
    call: async ({ message, mouth }) => {
      mouth.stream()
      const meta = message.params?.["_meta"] as { progressToken?: unknown } | undefined
      const params = { progressToken: meta?.progressToken ?? 0, progress: 0 }
      while (!mouth.gone) {
        params.progress++
        await mouth.piece(JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params }))
        mouth.finish()
        await sleep(5)
      }
    },
  },
  "stops-reading": {
    id: "DS-27",
    does: "reads nothing more once it is called, while it is sent megabytes",
    gets: ["error"],
    atOnce: 4,
    values: { padding: "x".repeat(1_000_000) },
    deaf: true,
    // A program that reads nothing has nothing to live for.
    call: () => void setInterval(() => {}, 1_000),
  },
  "half-an-answer": {
    id: "DS-04",
    does: "ends in the middle of its answer",
    gets: ["error"],
    call: async (turn) => {
      await turn.mouth.piece(textOf(turn).slice(0, 40))
      turn.mouth.end()
    },
  },
  "half-a-pipe": {
    id: "DS-04",
    does: "breaks the pipe in the middle of an answer, with other calls open on it",
    over: pipes,
    gets: ["error"],
    atOnce: 5,
    call: async (turn) => {
      if (turn.number !== 3) return
      await turn.mouth.piece(textOf(turn).slice(0, 40))
      turn.mouth.end()
    },
  },
  "refuses-all": {
    id: "DS-04",
    does: "ends every connection at the first word",
    over: overNetwork,
    gets: ["unknown"],
    introduce: ({ mouth }) => mouth.end(),
  },
}

/** @returns a proper answer as it goes over the wire */
function textOf({ era, message }: Turn): string {
  return JSON.stringify({ jsonrpc: "2.0", id: message.id, ...properAnswer(era, message) })
}
