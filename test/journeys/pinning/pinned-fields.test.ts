import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { itemKinds, type ItemKind } from "../../../src/domain/catalog.ts"
import { perform } from "../operations.ts"
import { characterChanges, plain, rewritten, type CharacterChange } from "./definitions.ts"
import { assertServed, countServed, nameOf, openPinned, relist, type Pinned } from "./pinned-gateway.ts"

const limit = { timeout: 120_000 }

let pinned: Pinned

before(async () => {
  pinned = await openPinned()
}, limit)

after(() => pinned?.close())

test(
  "POI-09 a definition is not served once any character of it has changed, whatever its kind",
  limit,
  async (t) => {
    const { services, clients } = pinned
    for (const service of Object.values(services)) {
      const name = nameOf(service)
      for (const kind of itemKinds) await assertServed(clients, kind, name)
      const used = service.used.length
      const figures = { service: service.era, changes: 0, served: 0 }
      for (const [index, round] of roundsOf(itemKinds).entries()) {
        await relist(pinned, service, Object.fromEntries(round.map(({ kind, text }) => [kind, [text]])))
        // Clients of the two eras in turn: each kind changes in more places than there are eras.
        const asking = clients.slice(index % 2, (index % 2) + 1)
        for (const { kind, at } of round) {
          const served = await countServed(asking, kind, name)
          assert.equal(served, 0, `${kind}${at} of the ${service.era} service`)
          figures.changes++
          figures.served += served
        }
      }
      assert.equal(service.used.length, used, "and nothing of it reaches the service")
      await relist(pinned, service, plain)
      for (const kind of itemKinds) await assertServed(clients, kind, name)
      t.diagnostic(JSON.stringify(figures))
    }
  },
)

type Change = CharacterChange & { readonly kind: ItemKind }

/** Every change of every kind once, those of all kinds side by side. */
function roundsOf(kinds: readonly ItemKind[]): readonly (readonly Change[])[] {
  const changes = kinds.map((kind) => characterChanges(kind).map((change) => ({ kind, ...change })))
  const count = Math.max(...changes.map(({ length }) => length))
  return Array.from({ length: count }, (_, round) => changes.flatMap((ofKind) => ofKind[round] ?? []))
}

test("POI-14 the same values written otherwise are the same definitions", limit, async () => {
  const { services, clients, admin } = pinned
  for (const service of Object.values(services)) {
    await relist(pinned, service, rewritten)
    for (const kind of itemKinds) await assertServed(clients, kind, nameOf(service))
    await relist(pinned, service, plain)
  }
  assert.deepEqual((await perform(admin, "list_issues"))["issues"], [])
})

test("POI-09 a character of the instructions changes nothing of what clients are told", limit, async (t) => {
  const { services, admin } = pinned
  for (const service of Object.values(services)) {
    const name = nameOf(service)
    const told = async (): Promise<string> =>
      JSON.stringify((await admin.call("server/discover")).result?.["instructions"])
    const approved = service.instructions
    service.instructions = `${approved}\u200b`
    await reconnect(name)
    assert.ok((await told()).includes(`## ${name}\\n${approved}`), await told())
    assert.ok(!(await told()).includes("\u200b"))
    const { pins } = (await perform(admin, "get_server_details", { name })) as { pins: { items: unknown } }
    assert.match(JSON.stringify(pins.items), /"changed".*u200b.*U\+200B/)
    service.instructions = approved
    await reconnect(name)
    const { issues } = (await perform(admin, "list_issues", { service: name })) as { issues: unknown[] }
    assert.deepEqual(issues, [])
  }
  t.diagnostic(JSON.stringify({ changes: 2, served: 0 }))
})

async function reconnect(name: string): Promise<void> {
  await perform(pinned.admin, "toggle_service", { name, enabled: false })
  await perform(pinned.admin, "toggle_service", { name, enabled: true })
}
