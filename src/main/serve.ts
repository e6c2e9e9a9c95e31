/** Runs the gateway from its start to the signal, or the end of stdin, that ends it. */

import { extname } from "node:path"
import { requireSafeListening, testFailpoint, type Config } from "../config.ts"
import { armFailpoint } from "../failpoint.ts"
import type { Gateway } from "../gateway.ts"
import { createLog, type Log } from "../log.ts"
import { leaveNoMemory } from "./crash-traces.ts"
import { welcome } from "./welcome.ts"

type RunOptions = {
  readonly version: string
  /** For what cannot wait until the gateway is closed. */
  readonly exit: (code: number) => void
}

/** A signal sent to the whole process group reaches us twice when an older Node.js had to start us. */
const sameSignalMs = 500

/**
 * @returns the exit code
 * @throws GatewayError when it cannot start
 */
export async function serve(config: Config, options: RunOptions): Promise<number> {
  requireSafeListening(config)
  const log = createLog(config.log)
  const stopped = untilSignal(["SIGINT", "SIGTERM"], log, options)
  const { assertPortFree } = await import("../gateway/port.ts")
  await assertPortFree(config)
  const opening = open(config, log, options)
  const gateway = await Promise.race([opening, stopped])
  if (!gateway) return endStart(opening)
  process.on("SIGHUP", () => {
    gateway.reload().catch((err: unknown) => log.error({ err }, "What the signal asked for could not be done."))
  })
  const listening = await gateway.listen().catch(async (thrown: unknown) => {
    await gateway.close()
    const wanted = new URL("/mcp", `http://${config.host}:${config.port}`).href
    if (gateway.adminKey !== undefined) process.stderr.write(welcome(wanted, gateway.adminKey, config.data))
    throw thrown
  })
  const endpoint = new URL("/mcp", listening.url).href
  if (gateway.adminKey !== undefined) process.stderr.write(welcome(endpoint, gateway.adminKey, config.data))
  process.stdout.write(`mcp-meta listening on ${endpoint}\n`)
  await stopped
  await gateway.close()
  return 0
}

/**
 * As above, for the client that started us; stdout is its alone, and it may keep what stderr says. Where a gateway runs
 * on the data folder already, the client is handed to that one.
 */
export async function serveStdio(config: Config, options: RunOptions): Promise<number> {
  const log = createLog(config.log)
  const stopped = untilSignal(["SIGINT", "SIGTERM", "SIGHUP"], log, options)
  const { joinGateway } = await import("../gateway.ts")
  if (await Promise.race([joinGateway(config), stopped.then(() => true)])) return 0
  const opening = open(config, log, options)
  const gateway = await Promise.race([opening, stopped])
  if (!gateway) return endStart(opening)
  try {
    await Promise.race([gateway.serveStdio(), stopped])
  } finally {
    await gateway.close()
  }
  return 0
}

/** How long a start may go on after a signal, so that what it has opened is closed in order. */
const startEndsMs = 5_000

/** @returns the exit code, once what was opened is closed */
async function endStart(opening: Promise<Gateway>): Promise<number> {
  // An orderly exit would wait for what hangs, such as the disk; children that are left the next start ends.
  const late = setTimeout(() => process.kill(process.pid, "SIGKILL"), startEndsMs)
  const gateway = await opening
  await gateway.close()
  clearTimeout(late)
  return 0
}

/** Beside this file, as TypeScript here and compiled where published. */
const workerProgram = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

async function open(config: Config, log: Log, { version, exit }: RunOptions): Promise<Gateway> {
  leaveNoMemory()
  const fail = (err: unknown): void => {
    log.fatal({ err }, "The gateway failed and ends; this is a fault of its own.")
    exit(1)
  }
  process.on("uncaughtException", fail)
  process.on("unhandledRejection", fail)
  const failpoint = testFailpoint()
  armFailpoint(failpoint)
  const { openGateway } = await import("../gateway.ts") // short commands do without it
  return openGateway({ config, log, version, failpoint, worker: workerProgram })
}

/** Resolves at the first of the signals; the next one does not wait for open calls. */
function untilSignal(signals: readonly NodeJS.Signals[], log: Log, { exit }: RunOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAtMs: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now()
    if (firstAtMs !== undefined && nowMs - firstAtMs > sameSignalMs) return exit(130)
    if (firstAtMs !== undefined) return
    firstAtMs = nowMs
    log.info({ signal }, "Stopping: open calls may finish. Send the signal again to stop at once.")
    resolve()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return promise
}
