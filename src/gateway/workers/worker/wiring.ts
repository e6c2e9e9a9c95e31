/** Opens what a worker is made of, and wires it. What becomes of it: worker.ts. */

import { randomBytes } from "node:crypto"
import type { Server } from "node:http"
import { dirname, join } from "node:path"
import type { Folding } from "../../../call/folding.ts"
import { createTaskIds, type TaskRecord } from "../../../call/tasks/task-ids.ts"
import { childEnvironment, createLookup } from "../../../config/secrets.ts"
import { CallingFleet } from "../../../fleet/calling-fleet.ts"
import { PidLedger } from "../../../fleet/children/pid-ledger.ts"
import { createMachine } from "../../../fleet/machine.ts"
import { createRecognizer } from "../../../identity/authenticator.ts"
import { openSealer } from "../../../identity/sealer.ts"
import { BodyRoom } from "../../../mcp/server/body-room.ts"
import type { Log } from "../../../log.ts"
import { toRaw } from "../../../mcp/raw-json.ts"
import { HandOver } from "../../../surfaces/http/hand-over.ts"
import { allowPeers } from "../../../surfaces/http/http-guard.ts"
import { ownLimits } from "../../../surfaces/http/own-limits.ts"
import { createSourceOf } from "../../../surfaces/http/source-address.ts"
import { TlsInUse } from "../../../surfaces/http/tls-in-use.ts"
import { createWorkerDoor, type WorkerDoorOptions } from "../../../surfaces/http/worker-door.ts"
import { Closers } from "../../closers.ts"
import { openConnections } from "../../connections.ts"
import { ProcessOverload } from "../../overload.ts"
import { recordRefusals } from "../../refusals.ts"
import type { ToWorker, WorkerSettings } from "../line/messages.ts"
import { wireWorkerCalls } from "./calls.ts"
import { Connections } from "./connections.ts"
import { OwnerLedger, type Say } from "./owner-ledger.ts"
import { openReplica } from "./replica.ts"
import { reportLoad } from "./report-load.ts"

export type OpenWorker = {
  readonly log: Log
  readonly ledger: OwnerLedger
  readonly connections: Connections
  readonly hear: (message: ToWorker) => void
  /** Lets each connection end with its next answer. */
  readonly drain: () => void
  /** Makes no more calls. Resolves when those that are open have ended, or had their time. */
  readonly stop: (graceMs: number) => Promise<void>
  /** The owner is gone. */
  readonly lose: () => void
  readonly close: () => Promise<void>
}

export type WorkerTools = { readonly log: Log; readonly say: Say }

export async function openWorker(settings: WorkerSettings, { log, say }: WorkerTools): Promise<OpenWorker> {
  const { config, management } = settings
  const closers = new Closers(log)
  const stopping = new AbortController()
  const sealer = await openSealer(config.data)
  const fleet = openFleet(settings, { log, say })
  closers.add(() => fleet.close())
  const taskIds = createTaskIds(sealer, "task")
  const openTaskId = (id: string): TaskRecord | undefined => taskIds.open(id)
  const { roster, known, tell, watchEnds } = await openReplica({ fleet, management, openTaskId })
  const ledger = new OwnerLedger(say, () => known().policies.revision)
  const recognizer = createRecognizer({ roster, pepper: randomBytes(32), now: Date.now })
  const sent = { settings, log, sealer, recognizer, known, fleet, ledger, stopping: stopping.signal }
  const { call, drained, folding, endRefused } = wireWorkerCalls(sent, closers)
  closers.add(await watchEnds(endRefused))
  const overload = new ProcessOverload({ config, log, authenticator: recognizer }, closers)
  reportLoad(overload, say, closers)
  let state: "open" | "draining" | "stopping" = "open"
  const tls = settings.tls && new TlsInUse(settings.tls, config.tls)
  const parts = { recognizer, known, fleet, call, tls, overload, folding, state: () => state }
  const door = openDoor(settings, parts, closers)
  const halt = (): void => {
    state = "stopping"
    stopping.abort()
  }
  return {
    log,
    ledger,
    connections: new Connections(door),
    hear: (message) => {
      if (message.type === "answer") return ledger.answered(message)
      if (message.type === "load") return overload.heedOwner(message.load)
      if (message.type === "serve") return say({ type: "up" })
      if (message.type === "tls") return tls?.renew(message.material)
      if (message.type === "settings") return
      tell(message)
      if (message.type === "principals" || message.type === "keys") endRefused()
    },
    drain: () => (state = "draining"),
    stop: async (graceMs) => {
      halt()
      await drained(graceMs)
      say({ type: "idle" })
    },
    lose: () => {
      halt()
      ledger.lose()
    },
    close: () => closers.close(),
  }
}

function openFleet({ config, version }: WorkerSettings, { log, say }: WorkerTools): CallingFleet {
  return new CallingFleet({
    log,
    clientInfo: toRaw({ name: "mcp-meta", version }),
    limits: config.limits,
    baseEnv: childEnvironment(),
    childFolder: dirname(config.servers),
    lookup: createLookup(config.data),
    machine: createMachine(config),
    ledger: new PidLedger(join(config.data, "children.json")), // no program is started here
    now: Date.now,
    elapsed: () => performance.now(),
    random: Math.random,
    onNotice: (service, served) => say({ type: "served", service, ...served }),
    onBreakers: (service, states) => say({ type: "breakers", service, states }),
  })
}

type DoorParts = Pick<WorkerDoorOptions, "recognizer" | "known" | "call" | "state" | "tls"> & {
  readonly fleet: CallingFleet
  readonly overload: ProcessOverload
  readonly folding: Folding
}

function openDoor(
  { config, version, owner }: WorkerSettings,
  { fleet, overload: { shedding }, folding, ...parts }: DoorParts,
  closers: Closers,
): Server {
  const sourceOf = createSourceOf(config.trustedProxies)
  const handOver = new HandOver({ ...owner, sourceOf })
  const onRefused = recordRefusals(folding)
  const connections = openConnections({ config, shedding, onRefused }, closers)
  closers.add(() => handOver.close())
  const door = createWorkerDoor({
    ...parts,
    shedding,
    connections,
    sourceOf,
    onRefused,
    requests: ownLimits(config.limits).requests,
    room: new BodyRoom(config.limits),
    peers: allowPeers({ hosts: [config.host, ...config.allowedHosts], origins: config.allowedOrigins }),
    limits: config.limits,
    maxBodyBytes: config.limits.bodyBytes,
    serverInfo: toRaw({ name: "mcp-meta", title: "mcp-meta", version }),
    maySend: (service) => fleet.has(service),
    handOver,
  })
  connections.guard(door)
  return door
}
