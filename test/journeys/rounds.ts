/** A modern client that answers what it is asked: it repeats its request with the answers until there is a result. */
import type { Message, Peer, Reply } from "./peer.ts"

export type Questions = Readonly<Record<string, Message>>

export type Answering = {
  readonly answer: (question: Message) => object
  /** Told of the questions of each round. */
  readonly onRound?: (questions: Questions) => void
}

const maxRounds = 20

/** What one answer asks; undefined where it is the last. */
export function askedIn({ result }: Reply): { questions: Questions; requestState: unknown } | undefined {
  if (result?.["resultType"] !== "input_required") return undefined
  return { questions: (result["inputRequests"] ?? {}) as Questions, requestState: result["requestState"] }
}

export async function callInRounds(
  peer: Peer,
  name: string,
  values: object,
  { answer, onRound }: Answering,
): Promise<Reply> {
  const params = { name, arguments: values }
  let reply = await peer.call("tools/call", params)
  for (let round = 0; round < maxRounds; round++) {
    const asked = askedIn(reply)
    if (!asked) return reply
    onRound?.(asked.questions)
    const inputResponses = Object.fromEntries(
      Object.entries(asked.questions).map(([key, question]) => [key, answer(question)]),
    )
    const { requestState } = asked
    reply = await peer.call("tools/call", {
      ...params,
      inputResponses,
      ...(requestState !== undefined && { requestState }),
    })
  }
  throw new Error(`${name} asked ${maxRounds} times`)
}
