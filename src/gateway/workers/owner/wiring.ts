/**
 * Wires the crew of a gateway with workers: their connections come from the public port, their requests through a
 * socket, their calls are counted and recorded here. Where there is to be one process only, there is no crew.
 */

import { randomBytes } from "node:crypto"
import type { Server as HttpServer } from "node:http"
import { createServer, type Server } from "node:net"
import type { Limiter } from "../../../call/limit.ts"
import type { Config } from "../../../config.ts"
import { GatewayError } from "../../../errors.ts"
import type { Log } from "../../../log.ts"
import { addressFromWorker, keepConnection, markAdmitted } from "../../../surfaces/http/hand-over-headers.ts"
import type { Audit } from "../../audit.ts"
import type { Closers } from "../../closers.ts"
import type { Behind } from "../../doors.ts"
import type { ProcessOverload } from "../../overload.ts"
import type { Services } from "../../services.ts"
import type { Stores } from "../../stores.ts"
import type { TlsInUse } from "../../../surfaces/http/tls-in-use.ts"
import type { WorkerSettings } from "../line/messages.ts"
import type { AccountOptions } from "./account.ts"
import { Crew } from "./crew.ts"
import { chooseSocketPath, listenAt, removeSocket } from "./hand-over-socket.ts"
import { openReplication, type Replication } from "./replication.ts"
import { RunningWorker } from "./running-worker.ts"

export type CrewWiring = {
  readonly config: Config
  readonly log: Log
  readonly version: string
  readonly tls: TlsInUse | undefined
  readonly stores: Stores
  readonly services: Services
  readonly audit: Audit
  readonly limiter: Limiter
  readonly overload: ProcessOverload
  readonly program: URL | undefined
}

export type OpenCrew = Pick<Crew, "drained" | "roll"> & {
  readonly behind: Behind
  /** @param inner takes what is handed over @returns what takes connections, once it listens */
  open(inner: HttpServer): Promise<Server>
  stopListening(): void
}

const tokenBytes = 32

export async function openCrew(wiring: CrewWiring, closers: Closers): Promise<OpenCrew | undefined> {
  const { config, log, stores, services, overload, program } = wiring
  if (program === undefined || config.workers < 2) return undefined
  const token = randomBytes(tokenBytes).toString("base64url")
  const path = await chooseSocketPath(config.data)
  closers.add(() => removeSocket(path, config.data))
  const replication = await openReplication({ stores, services, workers: config.workers }, closers)
  const accounting = accountingOf(wiring)
  const crew = new Crew({
    size: config.workers,
    log,
    start: (number) =>
      new RunningWorker({
        program,
        settings: settingsOf(wiring, number, { path, token }),
        accounting,
        replication: withTls(replication, wiring.tls),
        overload,
        fleet: services.fleet,
      }),
  })
  let inner: HttpServer | undefined
  closers.add(() => inner && closeNow(inner))
  closers.add(() => crew.finish())
  const front = createServer({ pauseOnConnect: true, noDelay: true }, (connection) => crew.give(connection))
  return {
    behind: {
      sourceOf: (request) => addressFromWorker(request, token),
      onArrived: keepConnection,
      onAdmitted: markAdmitted,
      workers: () => crew.counts,
    },
    roll: () => crew.roll(),
    drained: (graceMs) => crew.drained(graceMs),
    open: async (door) => {
      inner = door
      await listenAt(path, door)
      await crew.start()
      return front
    },
    stopListening: () => {
      front.close()
      crew.stop()
    },
  }
}

function closeNow(inner: HttpServer): void {
  inner.close()
  inner.closeAllConnections()
}

function settingsOf(
  { config, version, tls, audit, services }: CrewWiring,
  number: number,
  owner: WorkerSettings["owner"],
): WorkerSettings {
  const { managementTools } = services.known()
  return {
    config,
    version,
    owner,
    startId: `${audit.log.head().stream}.w${number}`,
    tls: tls?.material,
    management: {
      tools: [...managementTools.values()].map(({ name, permission, isChange }) => ({
        name,
        permission,
        isChange,
      })),
    },
  }
}

/** Workers are told of what is renewed after they had their settings. */
function withTls(replication: Replication, tls: TlsInUse | undefined): Replication {
  if (!tls) return replication
  return {
    feed: (say) => {
      const ends = [tls.onRenewed((material) => say({ type: "tls", material })), replication.feed(say)]
      return () => ends.forEach((end) => end())
    },
  }
}

function accountingOf({ stores, services, audit, limiter }: CrewWiring): AccountOptions {
  return {
    onServed: (service, served) => services.fleet.noteServed(service, served),
    authenticate: (caller) => stores.authenticator.authenticate(caller),
    assertServed: (service) => {
      if (services.fleet.definitionOf(service)) return
      const text = `The service ${service} is not running.`
      throw new GatewayError("service_unavailable", text, { detail: { service, sent: false } })
    },
    offerOf: (service) => services.fleet.offerOf(service),
    policies: () => services.known().policies,
    limiter,
    recorder: audit.recorder,
    now: Date.now,
  }
}
