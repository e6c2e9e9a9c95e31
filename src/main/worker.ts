/** The process of a worker: started by the owner alone, and nothing that a person would call. Its story: gateway/workers. */

import { Socket } from "node:net"
import { testFailpoint } from "../config.ts"
import { armFailpoint } from "../failpoint.ts"
import { runWorker } from "../gateway/workers/worker/worker.ts"
import type { Command } from "../gateway/workers/line/messages.ts"
import { createLog } from "../log.ts"
import { leaveNoMemory } from "./crash-traces.ts"

/** Where the owner has put its end of the line. */
const lineDescriptor = 4

// A terminal sends them to the owner as well, which sees to its workers.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {})
leaveNoMemory()
armFailpoint(testFailpoint())

const code = await runWorker({
  pipe: new Socket({ fd: lineDescriptor, readable: true, writable: true }),
  createLog: ({ config }) => createLog(config.log),
  onSent: (listener) => {
    process.on("message", (command: Command, connection) => {
      listener(command, connection instanceof Socket ? connection : undefined)
    })
  },
})
process.exit(code)
