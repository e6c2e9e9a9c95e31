/**
 * Copies the audit log to where it is wanted beside the gateway. The log itself is what waits: each sink has a position
 * in it, kept in `audit/sinks.json`, so that one which is down loses nothing and holds nothing up. Every entry arrives
 * at least once and in order; what arrives again has the same `<stream>/<seq>`. How one sink is served: pump.ts.
 */

import type { DialGuard } from "../domain/services/machine.ts"
import { openFileSink, type FileSettings } from "./file-sink.ts"
import { openPositions, type Positions } from "./positions.ts"
import { Pump, type EntrySource } from "./pump.ts"
import type { Sink, SinkName } from "./sink.ts"
import { openSyslogSink, type SyslogSettings } from "./syslog-sink.ts"
import { openWebhookSink, type WebhookSettings } from "./webhook-sink.ts"

export type SinkSettings = {
  readonly file?: FileSettings
  readonly webhook?: WebhookSettings
  readonly syslog?: SyslogSettings
}

export type SinksOptions = {
  readonly sinks: SinkSettings
  /** Of what they connect to; absent where that may be anywhere. */
  readonly guard?: DialGuard | undefined
  readonly entries: EntrySource
  /** `audit` in the data folder. */
  readonly folder: string
  /** Of the gateway. */
  readonly version: string
  readonly now: () => number
  /** A message when a sink goes down or misses something, undefined when it is served again. */
  readonly onTrouble: (sink: SinkName, message: string | undefined) => void
  /** From 0 up to 1, for the time between two tries. */
  readonly random?: () => number
}

export interface Sinks {
  /** There are new entries. */
  wake(): void
  onCheckpoint(note: string): void
  /** What retention should keep: the least id that is not delivered to all. */
  oldestNeededId(): number
  /** Gives what is on its way two seconds. What was not sent is, after the next start. */
  close(): Promise<void>
}

/** More than any. */
const everyId = Number.MAX_SAFE_INTEGER

/** @throws GatewayError `invalid` for settings or a file of positions that cannot be used */
export function openSinks(options: SinksOptions): Sinks {
  const positions = openPositions(options.folder, options.onTrouble)
  const pumps = openAll(options).map(([name, sink]) => startPump({ name, sink, positions, options }))
  return {
    wake: () => pumps.forEach((pump) => pump.wake()),
    onCheckpoint: (note) => pumps.forEach((pump) => pump.takeCheckpoint(note)),
    oldestNeededId: () => Math.min(everyId, ...waiting(pumps).map(({ name }) => positions.kept(name) + 1)),
    close: async () => {
      await Promise.all(pumps.map((pump) => pump.close()))
      await positions.close()
    },
  }
}

/** Those that still want something. */
function waiting(pumps: readonly Pump[]): readonly Pump[] {
  return pumps.filter((pump) => !pump.isStopped)
}

type Starting = {
  readonly name: SinkName
  readonly sink: Sink
  readonly positions: Positions
  readonly options: SinksOptions
}

function startPump({ name, sink, positions, options }: Starting): Pump {
  const { entries, version, now, random = Math.random, onTrouble } = options
  const pump = new Pump({ name, sink, entries, positions, version, now, random, onTrouble })
  pump.start()
  return pump
}

function openAll({ sinks, guard, now, version }: SinksOptions): readonly (readonly [SinkName, Sink])[] {
  const { file, webhook, syslog } = sinks
  const opened: [SinkName, Sink][] = []
  if (file) opened.push(["file", openFileSink(file)])
  if (webhook) opened.push(["webhook", openWebhookSink({ ...webhook, version, now, guard })])
  if (syslog) opened.push(["syslog", openSyslogSink({ ...syslog, now: () => performance.now(), guard })])
  return opened
}
