/** One gateway with every service of the matrix, and a key of its own for each client. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mkdtemp, rm } from "node:fs/promises"
import { bearer, httpPipe } from "../journeys/http-pipe.ts"
import { listNames, openPeer } from "../journeys/peer.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { services, type ClientKind } from "./cells.ts"
import type { Door } from "./driver.ts"

const everything = { tools: { allow: ["*"] }, prompts: { allow: ["*"] }, resources: { allow: ["*"] } }

export class Gathering {
  readonly #gateway: TestGateway
  readonly #programs: readonly Running[]
  readonly #folder: string

  private constructor(gateway: TestGateway, programs: readonly Running[], folder: string) {
    this.#gateway = gateway
    this.#programs = programs
    this.#folder = folder
  }

  static async open(): Promise<Gathering> {
    const folder = await mkdtemp(join(tmpdir(), "matrix-"))
    const listening = services.filter(({ transport }) => transport !== "stdio")
    const programs = await Promise.all(
      listening.map(({ era, transport }) =>
        start({ args: [`test/fixtures/${era}/${transport}.ts`], env: { PORT: "0" }, ready: /^listening / }),
      ),
    )
    const remote = listening.map(({ name, transport }, index) => {
      return [name, { type: transport, url: urlIn(programs[index]?.line ?? ""), pin: "off" }] as const
    })
    const opening = startGateway({ services: { ...children(folder), ...Object.fromEntries(remote) } })
    const gateway = await opening.catch(async (thrown: unknown) => {
      await Promise.all(programs.map((program) => program.stop()))
      throw thrown
    })
    const opened = new Gathering(gateway, programs, folder)
    await opened.#settle()
    return opened
  }

  async doorFor({ title }: ClientKind): Promise<Door> {
    const name = title.replaceAll(/[^a-z0-9]+/gi, "-").replaceAll(/^-|-$/g, "")
    return { origin: this.#gateway.origin, headers: bearer(await createAgent(this.#gateway, name, everything)) }
  }

  async close(): Promise<void> {
    await this.#gateway.stop()
    await Promise.all(this.#programs.map((program) => program.stop()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Waits until every service was heard. */
  async #settle(): Promise<void> {
    const client = await openPeer(httpPipe(this.#gateway.url, bearer(this.#gateway.key)))
    await listNames(client)
    await client.close()
  }
}

/** A legacy child belongs to one principal, so that it may ask; all of its processes change together. */
function children(folder: string): Record<string, object> {
  const script = (era: string): object => ({
    command: process.execPath,
    args: [join(root, `test/fixtures/${era}/stdio.ts`)],
    // Its lists change for those who listen.
    pin: "off",
  })
  const env = { CHANGES_FILE: join(folder, "changes.json") }
  return {
    "elder-stdio": { ...script("legacy"), env, isolation: "principal" },
    "younger-stdio": script("modern"),
  }
}
