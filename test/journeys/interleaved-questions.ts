/**
 * Many principals at once, each with a client of either era, before services of both eras that all ask their user
 * something: who is asked what, and who gets which answer. By itself, at length:
 * `node test/journeys/interleaved-questions.ts 50 1000`
 */
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway } from "../support/gateway.ts"
import { start, urlIn } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Message, type Peer } from "./peer.ts"
import { callInRounds } from "./rounds.ts"

export type Interleaving = { readonly principals: number; readonly calls: number }

export type Tally = {
  readonly cells: Readonly<Record<string, number>>
  readonly wrong: readonly string[]
  readonly lost: readonly string[]
  readonly hung: readonly string[]
  readonly ms: number
}

type Client = {
  readonly id: string
  readonly era: "modern" | "legacy"
  readonly peer: Peer
  readonly asked: string[]
}

const services = ["modern-1", "modern-2", "legacy-1", "legacy-2"] as const
const deadlineMs = 60_000

export async function interleave({ principals, calls }: Interleaving): Promise<Tally> {
  const fixtures = services.map((name) =>
    start({ args: [`test/fixtures/${name.split("-")[0]}/http.ts`], env: { PORT: "0" }, ready: /^listening / }),
  )
  const running = await Promise.all(fixtures)
  const gateway = await startGateway({
    services: Object.fromEntries(services.map((name, at) => [name, { url: urlIn(running[at]?.line ?? "") }])),
  })
  try {
    const names = Array.from({ length: principals }, (_, at) => `p${at}`)
    const keys = await Promise.all(names.map((name) => createAgent(gateway, name, { tools: { allow: ["*"] } })))
    const clients = (await Promise.all(keys.map((key, at) => clientsOf(gateway.url, key, `p${at}`)))).flat()
    await Promise.all(clients.slice(0, 2).map(({ peer }) => listNames(peer))) // waits until all were heard
    const tally = await callAll(clients, calls)
    await Promise.all(clients.map(({ peer }) => peer.close()))
    return tally
  } finally {
    await gateway.stop()
    await Promise.all(running.map((each) => each.stop()))
  }
}

async function clientsOf(url: string, key: string, principal: string): Promise<readonly Client[]> {
  const capabilities = { elicitation: {} }
  const asked: [string[], string[]] = [[], []]
  const [modern, legacy] = [`${principal}-modern`, `${principal}-legacy`]
  const pipe = (): ReturnType<typeof httpPipe> => httpPipe(url, bearer(key))
  return [
    { id: modern, era: "modern", peer: await openPeer(pipe(), { capabilities }), asked: asked[0] },
    {
      id: legacy,
      era: "legacy",
      peer: await openPeer(pipe(), {
        era: "legacy",
        capabilities,
        answer: (question) => sign(legacy, question, asked[1]),
      }),
      asked: asked[1],
    },
  ]
}

/** The answer of one user, who signs it with what was asked. */
function sign(id: string, { params }: Message, asked: string[]): object {
  const message = String(params?.["message"])
  asked.push(message)
  return { action: "accept", content: { username: `${id} to ${message}`, email: "a@b.example" } }
}

async function callAll(clients: readonly Client[], calls: number): Promise<Tally> {
  const tally = {
    cells: {} as Record<string, number>,
    wrong: [] as string[],
    lost: [] as string[],
    hung: [] as string[],
  }
  const begunAt = performance.now()
  const made = Array.from({ length: calls }, async (_, at) => {
    const client = clients[at % clients.length] as Client
    const service = services[Math.floor(at / clients.length) % services.length] ?? services[0]
    const nonce = `nonce ${at} of ${client.id}`
    const cell = `${client.era} client, ${service.split("-")[0]} service`
    const late = sleep(deadlineMs, "hung", { ref: false })
    const outcome = await Promise.race([callOne(client, service, nonce), late])
    if (outcome === "hung") tally.hung.push(nonce)
    else if (outcome.includes(`"${client.id} to ${nonce}"`)) tally.cells[cell] = (tally.cells[cell] ?? 0) + 1
    else (/ to nonce /.test(outcome) ? tally.wrong : tally.lost).push(`${nonce}: ${outcome}`)
  })
  await Promise.all(made)
  for (const { id, asked } of clients)
    tally.wrong.push(
      ...asked.filter((message) => !message.endsWith(` of ${id}`)).map((message) => `${id} was asked ${message}`),
    )
  return { ...tally, ms: Math.round(performance.now() - begunAt) }
}

async function callOne({ id, era, peer, asked }: Client, service: string, message: string): Promise<string> {
  const name = `${service}__test_elicitation`
  const answer = (question: Message): object => sign(id, question, asked)
  try {
    const reply =
      era === "legacy"
        ? await peer.tool(name, { message })
        : await callInRounds(peer, name, { message }, { answer })
    return textOf(reply)
  } catch (thrown) {
    return String(thrown)
  }
}

if (import.meta.main) {
  const [principals = 50, calls = 1_000] = process.argv.slice(2).map(Number)
  const { cells, wrong, lost, hung, ms } = await interleave({ principals, calls })
  process.stdout.write(`${JSON.stringify(cells, null, 2)}\n`)
  process.stdout.write(`${calls} calls of ${principals} principals in ${ms} ms: `)
  process.stdout.write(`wrong recipient ${wrong.length}, lost ${lost.length}, hung ${hung.length}\n`)
  for (const problem of [...wrong, ...lost, ...hung].slice(0, 20)) process.stdout.write(`  ${problem}\n`)
  process.exitCode = wrong.length + lost.length + hung.length === 0 ? 0 : 1
}
