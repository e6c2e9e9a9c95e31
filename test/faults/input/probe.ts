/**
 * Throws inputs at a gateway, many connections at once, and judges each answer: an error or a result in the protocol of
 * its door, never a fault of the gateway, and soon. After every few inputs a valid call on the same connection.
 */

import type { Ground } from "./ground.ts"
import { RawPipe, type RawAnswer } from "./raw-pipe.ts"
import { validCalls, type ValidCall } from "./valid-calls.ts"
import type { Facts } from "./watched.ts"

export type Input = {
  /** What is wrong with it, in a few words. */
  readonly what: string
  readonly bytes: Buffer
  /** What follows it on its connection is not told apart from it. */
  readonly endsConnection?: "reset" | "half closed"
  /** It ends so that nobody can expect an answer. */
  readonly isCutOff?: true
  /** Sees more than whether the gateway failed. @returns what is wrong */
  readonly judge?: (answer: RawAnswer) => string | undefined
}

export type Tally = {
  readonly inputs: number
  readonly valid: { readonly made: number; readonly worked: number }
  readonly failed5xx: number
  readonly over1s: number
  readonly worstMs: number
  readonly facts: Facts
  readonly violations: readonly string[]
}

const pipes = 6
/** Inputs to a valid call. */
const stride = 8
const slowMs = 1_000

export class Probe {
  readonly #ground: Ground
  readonly #valid: ValidCall
  readonly #pipes: readonly RawPipe[]
  readonly #violations: string[] = []
  #slow: Input[] = []
  #inputs = 0
  #made = 0
  #worked = 0
  #failed5xx = 0
  #over1s = 0
  #worstMs = 0

  private constructor(ground: Ground, valid: ValidCall) {
    this.#ground = ground
    this.#valid = valid
    this.#pipes = Array.from({ length: pipes }, () => new RawPipe(ground.port))
  }

  /** What the gateway did before does not count. */
  static async open(ground: Ground): Promise<Probe> {
    const pipe = new RawPipe(ground.port)
    const valid = await validCalls(ground, pipe)
    for (let times = 0; times < 8; times++) await valid(pipe)
    pipe.reset()
    await ground.facts()
    return new Probe(ground, valid)
  }

  async throwAll(inputs: Iterable<Input>): Promise<void> {
    const queue = inputs[Symbol.iterator]()
    await Promise.all(this.#pipes.map((pipe) => this.#throwFrom(queue, pipe)))
    for (const input of this.#slow.splice(0)) {
      const tookMs = await fastestOf(input, this.#ground.port)
      this.#worstMs = Math.max(this.#worstMs, tookMs)
      if (tookMs <= slowMs) continue
      this.#over1s += 1
      this.#violate(`takes ${Math.round(tookMs)} ms each time`, input)
    }
  }

  /** One after the other, for inputs that keep the machine busy. */
  async throwEach(inputs: Iterable<Input>): Promise<void> {
    for (const input of inputs) await this.throwAll([input])
  }

  async close(): Promise<Tally> {
    const facts = await this.#ground.facts()
    for (const pipe of this.#pipes) pipe.reset()
    if (facts.altered.length > 0) this.#violations.push(`prototypes were altered: ${facts.altered.join(", ")}`)
    const said = this.#ground.gateway.process.stderr()
    if (/inside the gateway|unhandled|uncaught/i.test(said))
      this.#violations.push(`the log has: ${said.slice(-600)}`)
    return {
      inputs: this.#inputs,
      valid: { made: this.#made, worked: this.#worked },
      failed5xx: this.#failed5xx,
      over1s: this.#over1s,
      worstMs: Math.round(this.#worstMs),
      facts,
      violations: this.#violations,
    }
  }

  async #throwFrom(queue: Iterator<Input>, pipe: RawPipe): Promise<void> {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      const number = ++this.#inputs
      await this.#throw(next.value, pipe)
      if (number % stride === 0) await this.#callValidly(pipe, next.value)
    }
  }

  async #throw(input: Input, pipe: RawPipe): Promise<void> {
    const answer = await exchange(input, pipe)
    const isFine = (input.isCutOff && answer.status === 0) || isOfDeadService(answer)
    if (answer.status >= 500 && !isFine) this.#failed5xx += 1
    const wrong = isFine ? undefined : (wrongWith(answer) ?? input.judge?.(answer))
    if (wrong !== undefined) this.#violate(wrong, input)
    if (answer.tookMs > slowMs) this.#slow.push(input)
    else this.#worstMs = Math.max(this.#worstMs, answer.tookMs)
  }

  async #callValidly(pipe: RawPipe, after: Input): Promise<void> {
    this.#made += 1
    const wrong = await this.#valid(pipe)
    if (wrong === undefined) this.#worked += 1
    else this.#violate(`the next valid call failed: ${wrong}`, after)
  }

  #violate(wrong: string, { what, bytes }: Input): void {
    if (this.#violations.length >= 20) return
    const shown = JSON.stringify(
      bytes
        .toString("latin1")
        .replace(/mm_\w+/, "KEY")
        .slice(0, 1_500),
    )
    this.#violations.push(`${what}: ${wrong}; ${shown}`)
  }
}

/** Errors that blame the gateway, or a service that answers everything: none of them is the client's. */
const faults =
  /"code":(-32603|"(internal|service_error|service_unavailable|overloaded|audit_unavailable|timeout)")[,}]/

async function exchange({ bytes, endsConnection }: Input, pipe: RawPipe): Promise<RawAnswer> {
  const answer = await pipe.exchange(bytes, { half: endsConnection === "half closed" ? "closed" : "open" })
  if (endsConnection) pipe.reset()
  return answer
}

/** What was registered on the way leads nowhere, and to say so is right. */
function isOfDeadService({ body }: RawAnswer): boolean {
  const [, service] = /"service":"([^"]*)"/.exec(body) ?? []
  const isDead = service !== undefined && service !== "modern" && service !== "legacy"
  return isDead && body.includes('"code":"service_unavailable"')
}

function wrongWith({ status, type, body }: RawAnswer): string | undefined {
  if (status === 0) return `no answer, but ${JSON.stringify(body.slice(0, 100))}`
  if (status >= 500) return `${status} ${body.slice(0, 300)}`
  const fault = faults.exec(body)?.[0]
  if (fault !== undefined) return `${fault} ${body.slice(0, 300)}`
  if (body === "" || !/^application\/(problem\+)?json/.test(type)) return undefined
  try {
    JSON.parse(body)
    return undefined
  } catch {
    return `an answer that is no JSON: ${body.slice(0, 300)}`
  }
}

/** A machine that does something else for a second is no fault of the input. @returns ms */
async function fastestOf(input: Input, port: number): Promise<number> {
  let fastestMs = Infinity
  for (let times = 0; times < 5 && fastestMs > slowMs; times++) {
    const pipe = new RawPipe(port)
    const { tookMs } = await exchange(input, pipe)
    pipe.reset()
    fastestMs = Math.min(fastestMs, tookMs)
  }
  return fastestMs
}
