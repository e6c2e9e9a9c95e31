/**
 * A link to a service that knows secrets: what it says of itself, answers, asks and tells passes here, and the secrets
 * stay. A link to a service that knows none is used as it is.
 */

import type { SecretMask } from "../../domain/secrets/secret-mask.ts"
import { GatewayError } from "../../errors.ts"
import type { Link, ServiceFacts } from "../../mcp/client/link.ts"
import { ObjectView } from "../../mcp/json/object-view.ts"
import type { Answer, Exchange, Notification, Request } from "../../mcp/message.ts"
import { fromRaw, toRaw, type RawObject } from "../../mcp/raw-json.ts"
import type { Confided } from "./confided.ts"
import { MaskedLarge } from "./masked-large.ts"

export function maskLink(link: Link, confided: Confided): Link {
  return confided.inErrors.isEmpty ? link : new MaskedLink(link, confided)
}

class MaskedLink implements Link {
  readonly facts: ServiceFacts
  readonly closed: Link["closed"]
  readonly #link: Link
  readonly #confided: Confided

  constructor(link: Link, confided: Confided) {
    this.#link = link
    this.#confided = confided
    this.facts = maskFacts(link.facts, confided.inAnswers)
    this.closed = link.closed.then((reason) => reason && confided.error(reason))
  }

  get remembers(): boolean {
    return this.#link.remembers
  }

  readonly handle = async (request: Request, exchange: Exchange): Promise<Answer> => {
    const { inAnswers } = this.#confided
    const masked = inAnswers.isEmpty ? undefined : new MaskedExchange(exchange, inAnswers)
    try {
      const answer = await this.#link.handle(request, masked ?? exchange)
      masked?.end()
      return this.#mask(answer)
    } catch (thrown) {
      throw this.#masked(thrown)
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    return this.#link.ping(signal).catch((thrown: unknown) => Promise.reject(this.#masked(thrown)))
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  #mask(answer: Answer): Answer {
    const { inAnswers } = this.#confided
    if (answer.result) {
      const result = maskObject(answer.result, inAnswers)
      return result === answer.result ? answer : { result }
    }
    const { code, message, data } = answer.error
    return { error: { code, message: inAnswers.text(message), ...(data && { data: inAnswers.json(data) }) } }
  }

  #masked(thrown: unknown): unknown {
    return thrown instanceof GatewayError ? this.#confided.error(thrown) : thrown
  }
}

class MaskedExchange implements Exchange {
  readonly ask: Exchange["ask"]
  readonly large: Exchange["large"]
  readonly #exchange: Exchange
  readonly #mask: SecretMask
  #passing: MaskedLarge | undefined

  constructor(exchange: Exchange, mask: SecretMask) {
    const { ask, large } = exchange
    this.#exchange = exchange
    this.#mask = mask
    this.ask = ask && ((request, signal) => ask({ ...request, params: maskObject(request.params, mask) }, signal))
    this.large = large && (() => this.#open(large))
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  get cancellation(): Exchange["cancellation"] {
    return this.#exchange.cancellation
  }

  get session(): Exchange["session"] {
    return this.#exchange.session
  }

  notify({ method, params }: Notification): void {
    this.#exchange.notify({ method, params: maskObject(params, this.#mask) })
  }

  /** The answer is there: what was held of its large members goes on. */
  end(): void {
    this.#passing?.end()
  }

  #open(large: NonNullable<Exchange["large"]>): MaskedLarge | undefined {
    const to = large()
    this.#passing = to && new MaskedLarge(to, this.#mask)
    return this.#passing
  }
}

function maskObject(members: RawObject, mask: SecretMask): RawObject {
  if (mask.isEmpty) return members
  const text = members instanceof ObjectView ? members.text : undefined
  if (text && mask.json(text) === text) return members
  return new Map([...members].map(([name, raw]) => [name, mask.json(raw)]))
}

function maskFacts(facts: ServiceFacts, mask: SecretMask): ServiceFacts {
  const { capabilities, info, instructions } = facts
  return {
    ...facts,
    capabilities: fromRaw(mask.json(toRaw(capabilities))) as ServiceFacts["capabilities"],
    info: info && mask.json(info),
    instructions: instructions === undefined ? undefined : mask.text(instructions),
  }
}
