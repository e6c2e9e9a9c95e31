/**
 * The fleet of a worker: calls to the services that its owner leaves to it, and nothing else. It follows what it is told
 * of them; a service that is defined anew is a new one, and the calls that are open with the old one may end there.
 */

import type { Offer } from "../domain/catalog.ts"
import type { Fleet } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import { GatewayError } from "../errors.ts"
import { DeadlineWheel } from "../mcp/deadline-wheel.ts"
import { CallingService, type Telling } from "./calling-service.ts"
import type { Served } from "./calls/stats.ts"
import { Attempts } from "./links/attempts.ts"
import type { LinkContext } from "./context.ts"
import type { BreakerState } from "./links/breaker.ts"
import { digestOf } from "./definition-digest.ts"

export type CallingFleetOptions = Omit<LinkContext, "attempts" | "workers" | "wheel"> & {
  /** Told of what failed, and of a service that is of another era than was said. */
  readonly onNotice: (service: string, served: Served) => void
  /** Told of breakers that are not closed, by endpoint; of none where all are. */
  readonly onBreakers: (service: string, states: readonly BreakerState[]) => void
}

const drainMs = 5_000

type Told = { readonly definition: ServiceDefinition; readonly offer: Offer }

export class CallingFleet implements Pick<Fleet, "send"> {
  readonly #context: LinkContext
  readonly #tellingOf: (service: string) => Telling
  readonly #services = new Map<string, CallingService>()
  readonly #leaving = new Set<Promise<void>>()

  constructor({ onNotice, onBreakers, ...context }: CallingFleetOptions) {
    // What is defined here carries the worker's own share already.
    this.#context = { ...context, attempts: new Attempts(context.limits), wheel: new DeadlineWheel(), workers: 0 }
    this.#tellingOf = (name) => ({
      onNotice: (served) => onNotice(name, served),
      onBreakers: (states) => onBreakers(name, states),
    })
  }

  has(service: string): boolean {
    return this.#services.has(service)
  }

  /** @param told undefined where its calls are the owner's */
  tell(name: string, told: Told | undefined): void {
    const before = this.#services.get(name)
    if (before && told && digestOf(before.definition) === digestOf(told.definition)) {
      before.offer = told.offer
      return
    }
    if (before) this.#leave(before)
    if (!told) return void this.#services.delete(name)
    this.#services.set(name, new CallingService(told, this.#context, this.#tellingOf(name)))
  }

  send(...[service, request, exchange, options]: Parameters<Fleet["send"]>): ReturnType<Fleet["send"]> {
    return Promise.try(() => this.#get(service).send(request, exchange, options))
  }

  async close(): Promise<void> {
    await Promise.all([...[...this.#services.values()].map((service) => service.close(0)), ...this.#leaving])
    this.#services.clear()
  }

  /** @throws GatewayError `service_unavailable` */
  #get(name: string): CallingService {
    const service = this.#services.get(name)
    if (service) return service
    const text = `The service ${name} has just been changed; try again.`
    throw new GatewayError("service_unavailable", text, {
      detail: { service: name, sent: false },
      retryAfterMs: 100,
    })
  }

  #leave(service: CallingService): void {
    const leaving = service.close(drainMs).finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
  }
}
