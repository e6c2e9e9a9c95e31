/** Services that die, stop, come back as another, or leave something behind. */

import { spawn } from "node:child_process"
import { closeSync } from "node:fs"
import type { Kinds } from "../service/kind.ts"
import { setTimeout as sleep } from "node:timers/promises"

/** What it leaves behind ends by itself, should nobody end it. */
const daemonSeconds = "20"
const flapMs = 100

export const death: Kinds = {
  "exits-0": { id: "DS-05", does: "exits with 0 when it is called", gets: ["error"], call: () => process.exit(0) },
  "exits-1": { id: "DS-05", does: "exits with 1 when it is called", gets: ["error"], call: () => process.exit(1) },
  "is-killed": { id: "DS-05", does: "is killed when it is called", gets: ["error"], call: () => end("SIGKILL") },
  "is-stopped": {
    id: "DS-05",
    does: "is stopped (SIGSTOP) when called",
    gets: ["error"],
    call: () => end("SIGSTOP"),
  },
  "dies-at-once": {
    id: "DS-05",
    does: "ends before it has said a word",
    over: ["stdio"],
    gets: ["unknown"],
    start: () => process.exit(1),
  },
  "leaves-children": {
    id: "DS-05",
    does: "starts twenty children, waits for none of them, and ends",
    over: ["stdio"],
    gets: ["error"],
    call: () => {
      for (let made = 0; made < 20; made++) spawn("sleep", [daemonSeconds], { stdio: "ignore" }).unref()
      process.exit(0)
    },
  },
  "ignores-sigterm": {
    id: "DS-30",
    does: "ignores SIGTERM and the end of its input",
    over: ["stdio"],
    gets: ["answered"],
    start: () => {
      process.on("SIGTERM", () => {})
      setInterval(() => {}, 1_000)
    },
  },
  "daemon-holds-pipe": {
    id: "DS-29",
    does: "ends and leaves a daemon, in a session of its own, that holds its pipes",
    over: ["stdio"],
    gets: ["error"],
    call: () => {
      spawn("sleep", [daemonSeconds], { stdio: "inherit", detached: true }).unref()
      process.exit(0)
    },
  },
  "closes-stdin": {
    id: "DS-28",
    does: "closes its input only",
    over: ["stdio"],
    gets: ["error"],
    call: () => closeSync(0),
  },
  "closes-stdout": {
    id: "DS-28",
    does: "closes its output only",
    over: ["stdio"],
    gets: ["error"],
    call: () => {
      process.stdout.on("error", () => {})
      closeSync(1)
    },
  },
  flaps: {
    id: "DS-21",
    does: "ends 100 ms after each start",
    over: ["stdio"],
    gets: ["error", "answered", "unknown"],
    start: () => void setTimeout(() => process.exit(0), flapMs),
  },
  "drops-pipes": {
    id: "DS-21",
    does: "ends each connection 100 ms after it was made",
    over: ["sse", "websocket"],
    gets: ["error", "answered", "unknown"],
    introduce: async (turn) => {
      await turn.proper()
      await sleep(flapMs)
      turn.mouth.end()
    },
  },
  "changes-era": {
    id: "DS-22",
    does: "is of the other era after a restart",
    over: ["stdio"],
    gets: ["error"],
    later: ["answered", "error"],
    changesEra: true,
    call: (turn) => (turn.isRestart ? turn.proper() : process.exit(1)),
  },
}

function end(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
}
