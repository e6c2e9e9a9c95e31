/**
 * A stdio service's process: started without a shell, with nothing of our environment that it was not promised, and
 * ended together with everything it started itself.
 *
 * What goes through its pipes is left to mcp/stdio-channel.ts, starting it again to the endpoint, orphans of a crash to
 * pid-ledger.ts.
 */

import { spawn, type ChildProcessByStdio } from "node:child_process"
import { stat } from "node:fs/promises"
import { delimiter, dirname } from "node:path"
import type { Readable, Writable } from "node:stream"
import { setTimeout as delay } from "node:timers/promises"
import { GatewayError } from "../../errors.ts"
import { codeOf } from "../files/definition-file.ts"
import { killGroup, type PidLedger } from "./pid-ledger.ts"
import { readInSlices } from "./stderr-reading.ts"
import { StderrRing } from "./stderr-ring.ts"

type Environment = Readonly<Record<string, string | undefined>>

export type ChildOptions = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The service's own variables, placeholders resolved. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string | undefined
  /** Our environment, of which the child sees PATH, HOME, LANG and TMPDIR. */
  readonly baseEnv: Environment
  readonly ledger: PidLedger
  /** Values never to be shown, should it print them. */
  readonly secrets?: readonly string[]
  readonly onExit?: (exit: ChildExit) => void
}

export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

type ChildPipes = ChildProcessByStdio<Writable, Readable, Readable>

/** After the exit, how long what it wrote last may take to be read. */
const drainMs = 250

/** Of the grace of a stop, what a child gets to leave by itself once its input has ended. */
const maxLeaveMs = 500

/** Resolves when it runs. @throws GatewayError `service_unavailable`, saying what to do and nothing of its arguments */
export async function startChild(options: ChildOptions): Promise<Child> {
  await refuseMissingFolder(options)
  const process = spawnProcess(options)
  const { pid } = process
  if (pid === undefined) throw cannotStart(options, await whyNotSpawned(process))
  const child = new Child(process, pid, options)
  try {
    options.ledger.add(pid, options.name)
  } catch (thrown) {
    killGroup(pid, "SIGKILL")
    throw thrown
  }
  return child
}

export class Child {
  readonly pid: number
  readonly stdin: Writable
  readonly stdout: Readable
  /** Resolves when it is gone and what it wrote last was read, or had its time to be. */
  readonly exited: Promise<ChildExit>
  readonly #process: ChildPipes
  readonly #stderr: StderrRing
  #stopping: Promise<void> | undefined

  constructor(process: ChildPipes, pid: number, { secrets, ledger, onExit }: ChildOptions) {
    this.pid = pid
    this.#process = process
    this.stdin = process.stdin
    this.stdout = process.stdout
    this.#stderr = new StderrRing(secrets)
    readInSlices(process.stderr, (chunk) => this.#stderr.push(chunk))
    // A pipe that breaks, or a signal that comes too late, says no more than the exit does.
    for (const source of [process, process.stdin, process.stdout, process.stderr]) source.on("error", ignore)
    this.exited = watchExit(process, pid, ledger)
    if (onExit) void this.exited.then(onExit)
  }

  /** The last lines of its error output, oldest first. */
  stderrLines(): readonly string[] {
    return this.#stderr.lines()
  }

  /** Ends its input, then asks its whole group to leave, then makes it. Resolves when it is gone. */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<void> {
    const leaveMs = Math.min(maxLeaveMs, graceMs / 4)
    this.stdin.end()
    if (await this.#exitsWithin(leaveMs)) return
    this.#signal("SIGTERM")
    if (await this.#exitsWithin(graceMs - leaveMs)) return
    this.#signal("SIGKILL")
    await this.exited
  }

  /** Its group, unless that was ended with it already and the id may be another's. */
  #signal(signal: NodeJS.Signals): void {
    const { exitCode, signalCode } = this.#process
    if (exitCode === null && signalCode === null) killGroup(this.pid, signal)
  }

  async #exitsWithin(ms: number): Promise<boolean> {
    const waiting = new AbortController()
    const timer = delay(ms, false, { signal: waiting.signal }).catch(() => false)
    const gone = await Promise.race([this.exited.then(() => true), timer])
    waiting.abort()
    return gone
  }
}

/** What is left of the group when its leader exits would hold the pipes open, and is ended with it. */
function watchExit(process: ChildPipes, pid: number, ledger: PidLedger): Promise<ChildExit> {
  return new Promise((resolve) => {
    process.once("exit", (code, signal) => {
      killGroup(pid, "SIGKILL")
      ledger.remove(pid)
      // One that left the group may hold the pipes for ever.
      const timer = setTimeout(() => closePipes(process), drainMs)
      process.once("close", () => {
        clearTimeout(timer)
        resolve({ code, signal })
      })
    })
  })
}

function closePipes({ stdin, stdout, stderr }: ChildPipes): void {
  for (const pipe of [stdin, stdout, stderr]) pipe.destroy()
}

/** Else the system would report a missing folder as a missing program. */
async function refuseMissingFolder({ name, cwd }: ChildOptions): Promise<void> {
  if (cwd === undefined) return
  const stats = await stat(cwd).catch(() => undefined)
  if (stats?.isDirectory()) return
  throw new GatewayError(
    "service_unavailable",
    `The folder in which service ${name} runs is not there; make it or correct "cwd".`,
    { detail: { service: name, missing: "cwd" } },
  )
}

function spawnProcess(options: ChildOptions): ChildPipes {
  const { command, args, cwd } = options
  try {
    return spawn(command, args, {
      ...(cwd !== undefined && { cwd }),
      env: childEnvironment(options),
      detached: true,
      shell: false,
      windowsHide: true,
      stdio: ["pipe", "pipe", "pipe"],
    })
  } catch (cause) {
    throw cannotStart(options, cause)
  }
}

/** Its pipes may be missing: nothing but this may be asked of a process that was not made. */
function whyNotSpawned(process: ChildPipes): Promise<unknown> {
  return new Promise((resolve) => process.once("error", resolve))
}

const inherited = ["HOME", "LANG", "TMPDIR"] as const

/** The folder of our own runtime comes first, so that `node` is the one the gateway runs on. */
function childEnvironment({ env, baseEnv }: ChildOptions): Record<string, string> {
  const path = [dirname(process.execPath), baseEnv["PATH"] ?? ""].filter((part) => part !== "").join(delimiter)
  const ours = inherited.flatMap((key): [string, string][] => {
    const value = baseEnv[key]
    return value === undefined ? [] : [[key, value]]
  })
  return { PATH: path, ...Object.fromEntries(ours), ...env }
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'was not found; install it, or correct "command" (its arguments belong into "args")',
  EACCES: "may not be run; make it executable for the gateway's user",
  EPERM: "may not be run; make it executable for the gateway's user",
  ENOTDIR: 'was not found; correct the path in "command"',
  ENOEXEC: 'is no program that this machine can run; give the interpreter as "command"',
  E2BIG: "has too many or too long arguments and variables; shorten them",
  EMFILE: "could not be started, because the gateway has too many files open; raise its limit",
  ENFILE: "could not be started, because the machine has too many files open; raise its limit",
  EAGAIN: "could not be started, because the machine has too many processes; raise its limit",
  ENOMEM: "could not be started, because the machine has no memory left",
}

function cannotStart({ name }: ChildOptions, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause
  const remedy =
    remedies[codeOf(cause)] ??
    `could not be started (${codeOf(cause) || "unknown reason"}); look at its definition`
  return new GatewayError("service_unavailable", `The program of service ${name} ${remedy}.`, {
    detail: { service: name },
    cause,
  })
}

function ignore(): void {
  // The exit tells.
}
