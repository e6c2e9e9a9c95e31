/** Services that answer under another id than that of the call, twice, or what was never asked. */

import { overHttp, type Kinds } from "../service/kind.ts"
import { saying } from "../service/manners.ts"
import { say } from "../service/mouth.ts"

const foreign = "nonce-000000000000000000000000"

/** Of all calls so far. */
const ids: unknown[] = []

export const wrongIds: Kinds = {
  "wrong-id": {
    id: "DS-12",
    does: "answers under an id that is of no call",
    gets: ["error"],
    call: ({ mouth, message, era, nonce }) =>
      say(mouth, { id: Number(message.id) + 1_000, result: saying(era, nonce) }),
  },
  "id-to-come": {
    id: "DS-12",
    does: "answers a call and then the next one, which was not made yet",
    gets: ["answered"],
    call: async (turn) => {
      turn.mouth.stream()
      await turn.proper()
      await say(turn.mouth, { id: Number(turn.message.id) + 1, result: saying(turn.era, foreign) })
    },
  },
  "id-as-text": {
    id: "DS-12",
    does: "answers under the id as a string",
    gets: ["error"],
    call: ({ mouth, message, era, nonce }) => say(mouth, { id: String(message.id), result: saying(era, nonce) }),
  },
  "id-null": {
    id: "DS-12",
    does: "answers under the id null",
    gets: ["error"],
    call: ({ mouth, era, nonce }) => say(mouth, { id: null, result: saying(era, nonce) }),
  },
  "no-id": {
    id: "DS-12",
    does: "answers without an id",
    gets: ["error"],
    call: ({ mouth, era, nonce }) => say(mouth, { result: saying(era, nonce) }),
  },
  "id-as-list": {
    id: "DS-12",
    does: "answers under the id in a list",
    gets: ["error"],
    call: ({ mouth, message, era, nonce }) => say(mouth, { id: [message.id], result: saying(era, nonce) }),
  },
  "two-replies": {
    id: "DS-12",
    does: "answers twice, the second time with something else",
    gets: ["answered"],
    call: async (turn) => {
      turn.mouth.stream()
      await turn.proper()
      await turn.result(saying(turn.era, foreign))
    },
  },
  "crossed-ids": {
    id: "DS-12",
    does: "answers on the stream of one call under the id of another",
    over: overHttp,
    gets: ["error"],
    atOnce: 3,
    call: async ({ mouth, message, era, nonce }) => {
      ids.push(message.id)
      const other = ids.findLast((id) => id !== message.id) ?? 0
      await say(mouth, { id: other, result: saying(era, nonce) })
    },
  },
}
