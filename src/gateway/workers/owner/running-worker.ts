/** One worker as its owner sees it: a process, the line to it, and the account of its calls. Which there are: crew.ts. */

import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import type { Socket } from "node:net"
import { Duplex } from "node:stream"
import { Line } from "../line/line.ts"
import type { Command, ToOwner, ToWorker, WorkerSettings } from "../line/messages.ts"
import { Account, type AccountOptions } from "./account.ts"
import type { RunningFleet } from "../../../fleet/running-fleet.ts"
import type { ProcessOverload } from "../../overload.ts"
import type { Replication } from "./replication.ts"

export type RunningWorkerOptions = {
  /** The module that is the worker's program. */
  readonly program: URL
  readonly settings: WorkerSettings
  readonly accounting: AccountOptions
  readonly replication: Replication
  readonly overload: ProcessOverload
  readonly fleet: Pick<RunningFleet, "noteBreakers">
}

/** stdin, stdout, stderr, the channel for connections, and the line. */
const stdio = ["ignore", "ignore", "inherit", "ipc", "pipe"] as const
const startMs = 30_000

export class RunningWorker {
  /** Resolves when connections can be given to it; rejects where it ends first. */
  readonly up: Promise<void>
  /** Resolves when it has said that none of its calls is open, or has ended. */
  readonly idle: Promise<void>
  /** Resolves when the process is gone, and all that it said was heard. */
  readonly ended: Promise<void>
  readonly pid: number | undefined
  readonly #child: ChildProcess

  constructor({ program, settings, accounting, replication, overload, fleet }: RunningWorkerOptions) {
    const child = fork(program, [], { stdio: [...stdio] })
    this.#child = child
    this.pid = child.pid
    const [up, idle, closed] = [
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
      Promise.withResolvers<void>(),
    ]
    const line = new Line<ToWorker, ToOwner>(lineOf(child), { pacedBy: "turns" }, (message, bytes) => {
      if (message.type === "up") up.resolve()
      else if (message.type === "idle") idle.resolve()
      else if (message.type === "load") overload.heedWorker(settings.startId, message.load)
      else if (message.type === "breakers") breakers.note(message)
      else if (message.type === "served") accounting.onServed(message.service, message)
      else account.take(message, bytes)
    })
    const account = new Account(accounting, (ask, error) =>
      line.say({ type: "answer", ask, ...(error && { error }) }),
    )
    const breakers = new ToldBreakers(fleet, settings.startId)
    line.say({ type: "settings", settings })
    const unfeed = replication.feed((message) => line.say(message))
    const unfollow = overload.onLevel((load) => line.say({ type: "load", load }))
    line.say({ type: "load", load: overload.own })
    line.onClosed(() => {
      unfollow()
      overload.heedWorker(settings.startId, undefined)
      unfeed()
      account.close()
      breakers.forget()
      closed.resolve()
    })
    const gone = exitOf(child)
    this.ended = Promise.all([gone, closed.promise]).then(() => {})
    const late = setTimeout(() => this.kill(), startMs)
    this.up = Promise.race([up.promise, gone.then((how) => Promise.reject(new Error(`A worker ended ${how}.`)))])
    this.up.catch(() => {}).finally(() => clearTimeout(late))
    this.idle = Promise.race([idle.promise, this.ended])
  }

  /** @param onRefused told where it could not be given, and is still to be served */
  give(connection: Socket, onRefused: () => void): void {
    const command: Command = "connection"
    this.#child.send(command, connection, {}, (error) => error && onRefused())
  }

  /** Heard after all connections that were given before. */
  command(command: Exclude<Command, "connection">): void {
    this.#child.send(command, () => {}) // whoever cannot hear it has ended
  }

  kill(): void {
    this.#child.kill("SIGKILL")
  }
}

/** What one worker has told of its breakers, to be taken back when it is gone. */
class ToldBreakers {
  readonly #fleet: RunningWorkerOptions["fleet"]
  readonly #worker: string
  readonly #services = new Set<string>()

  constructor(fleet: RunningWorkerOptions["fleet"], worker: string) {
    this.#fleet = fleet
    this.#worker = worker
  }

  note({ service, states }: Pick<Extract<ToOwner, { type: "breakers" }>, "service" | "states">): void {
    this.#services.add(service)
    this.#fleet.noteBreakers(service, this.#worker, states)
  }

  forget(): void {
    for (const service of this.#services) this.#fleet.noteBreakers(service, this.#worker, [])
    this.#services.clear()
  }
}

function lineOf(child: ChildProcess): Duplex {
  const pipe = child.stdio[stdio.indexOf("pipe")]
  if (pipe instanceof Duplex) return pipe
  throw new Error("A worker was started without its line.")
}

/** How it ended. */
async function exitOf(child: ChildProcess): Promise<string> {
  const error = once(child, "error").then(([cause]: unknown[]) => `before it began (${String(cause)})`)
  const exit = once(child, "exit").then(([code, signal]: unknown[]) => `with ${String(code ?? signal)}`)
  error.catch(() => {})
  exit.catch(() => {})
  return Promise.race([error, exit])
}
