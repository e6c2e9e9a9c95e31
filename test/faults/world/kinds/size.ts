/** Services that say more than anyone can hold. */

import { closing, largeText } from "../service/large.ts"
import { overHttp, overNetwork, pipes, type Kinds } from "../service/kind.ts"
import { frame } from "../service/mouth.ts"

const megabyte = 1_048_576
const chunk = Buffer.alloc(megabyte / 4, 0x78)

export const size: Kinds = {
  "100-mb-result": {
    id: "DS-06",
    does: "answers with a text of 100 MB",
    gets: ["error", "cut"],
    call: async (turn) => {
      await turn.mouth.piece(largeText(turn))
      for (let said = 0; said < 100 * megabyte && !turn.mouth.gone; said += chunk.length)
        await turn.mouth.piece(chunk)
      await turn.mouth.piece(closing)
      turn.mouth.finish()
    },
  },
  "5-mb-result": {
    id: "DS-06",
    does: "answers with a text of 5 MB, which is within the limits",
    gets: ["answered"],
    call: async (turn) => {
      await turn.mouth.piece(largeText(turn))
      for (let said = 0; said < 5 * megabyte; said += chunk.length) await turn.mouth.piece(chunk)
      await turn.mouth.piece(closing)
      turn.mouth.finish()
    },
  },
  "endless-line": {
    id: "DS-07",
    does: "says a message that never ends, as fast as it is read",
    gets: ["error", "cut"],
    call: async ({ mouth }) => {
      while (!mouth.gone) await mouth.piece(chunk)
    },
  },
  "endless-text": {
    id: "DS-07",
    does: "begins a proper answer whose text never ends",
    gets: ["error", "cut"],
    call: async (turn) => {
      await turn.mouth.piece(largeText(turn))
      while (!turn.mouth.gone) await turn.mouth.piece(chunk)
    },
  },
  "endless-stream": {
    id: "DS-08",
    does: "says one log message after the other, as fast as they are read, and never the answer",
    over: ["stdio", "unix", "sse", "websocket"],
    gets: ["error"],
    call: async ({ mouth }) => {
      mouth.stream()
      const params = { level: "info", data: "x".repeat(200) }
      const message = JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params })
      while (!mouth.gone) await frame(mouth, message)
    },
  },
  "endless-first-word": {
    id: "DS-07",
    does: "answers the first message without end",
    over: [...pipes, ...overHttp],
    gets: ["unknown"],
    introduce: async ({ mouth }) => {
      while (!mouth.gone) await mouth.piece(chunk)
    },
  },
  "endless-blank": {
    id: "DS-07",
    does: "sends white space without end",
    over: [...overNetwork, "stdio"],
    gets: ["error"],
    call: async ({ mouth }) => {
      mouth.stream()
      const blank = Buffer.alloc(65_536, "\n")
      while (!mouth.gone) await mouth.raw(blank)
    },
  },
}
