/** A kind of misbehaviour: one row of a table of kinds/, played by main.ts, judged by ../grid.ts. */

import type { Era, Message, Mouth, Transport } from "./mouth.ts"

/**
 * What may become of a call. `cut`: the connection, in the middle of an answer that had begun. `unknown`: the gateway
 * never got to know the tool.
 */
export type Outcome = "answered" | "error" | "cut" | "unknown"

/** A request that a kind answers in its own way. */
export type Turn = {
  readonly message: Message
  readonly mouth: Mouth
  readonly era: Era
  readonly nonce: string
  /** Which of its method it is, from 1, in this process. */
  readonly number: number
  /** Whether the program was started before. */
  readonly isRestart: boolean
  /** Answers as a service should. */
  readonly proper: () => Promise<void>
  /** Answers with this result. */
  readonly result: (result: object) => Promise<void>
}

export type Kind = {
  /** In the catalogue of attacks. */
  readonly id: string
  readonly does: string
  /** Where it can occur; everywhere unless said. */
  readonly over?: readonly Transport[]
  readonly era?: Era
  /** What a caller may get from the first call; and from the others, where that differs. */
  readonly gets: readonly Outcome[]
  readonly later?: readonly Outcome[]
  /** How many calls are open at once; one unless said. */
  readonly atOnce?: number
  /** Sent beside the nonce. */
  readonly values?: object
  /** Of every answer over HTTP. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it stops to read what it is sent, once it is called. */
  readonly deaf?: true
  /** Whether it is of the other era each time but the first. */
  readonly changesEra?: true
  readonly start?: () => void
  /** At `initialize` or `server/discover`. */
  readonly introduce?: (turn: Turn) => unknown
  readonly list?: (turn: Turn) => unknown
  readonly call?: (turn: Turn) => unknown
  /** Once it may speak unasked. */
  readonly unasked?: (mouth: Mouth) => unknown
}

export type Kinds = Readonly<Record<string, Kind>>

export const pipes: readonly Transport[] = ["stdio", "sse", "websocket"]
export const overHttp: readonly Transport[] = ["http", "unix"]
export const overNetwork: readonly Transport[] = ["http", "unix", "sse", "websocket"]
