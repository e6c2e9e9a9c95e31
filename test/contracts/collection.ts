/** What every store of nouns promises, whatever it keeps them in: run on each engine with each kind of noun. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Change, Collection, Draft, Versioned } from "../../src/domain/collection.ts"

/** What the contract has to know of a noun: how to make two values with one id that differ, and a wrong one. */
export type Samples<T extends Versioned> = {
  readonly draft: (id: string, createdAtMs: number) => Draft<T>
  readonly broken: (id: string) => Draft<T>
}

export type Opened<Store> = AsyncDisposable & { readonly store: Store }

export function collectionContract<T extends Versioned & { readonly createdAtMs: number }>(
  kind: string,
  open: () => Promise<Opened<Collection<T>>>,
  { draft, broken }: Samples<T>,
): void {
  test(`${kind}: what was inserted is found, as version 1`, async () => {
    await using opened = await open()
    const inserted = await opened.store.insert(draft("a", 1))
    assert.deepEqual(inserted, { ...draft("a", 1), version: 1 })
    assert.deepEqual(await opened.store.find("a"), inserted)
    assert.equal(await opened.store.find("b"), undefined)
  })

  test(`${kind}: values go in and come out, never references`, async () => {
    await using opened = await open()
    const given = structuredClone(draft("a", 1))
    await opened.store.insert(given)
    Object.assign(given, { createdAtMs: 99 })
    const found = await opened.store.find("a")
    assert.throws(() => Object.assign(found ?? {}, { createdAtMs: 99 }), TypeError)
    assert.equal((await opened.store.find("a"))?.createdAtMs, 1)
  })

  test(`${kind}: an id is taken once`, async () => {
    await using opened = await open()
    const answers = await Promise.allSettled([1, 2, 3].map((n) => opened.store.insert(draft("a", n))))
    assert.deepEqual(refusals(answers), ["conflict", "conflict"])
  })

  test(`${kind}: a change made from an old version is refused`, async () => {
    await using opened = await open()
    const { store } = opened
    await store.insert(draft("a", 1))
    assert.equal((await store.replace(draft("a", 2), 1)).version, 2)
    await assert.rejects(store.replace(draft("a", 3), 1), { code: "conflict" })
    await assert.rejects(store.remove("a", 1), { code: "conflict" })
    assert.equal((await store.find("a"))?.createdAtMs, 2)
  })

  test(`${kind}: of changes made at once from one version exactly one wins`, async () => {
    await using opened = await open()
    await opened.store.insert(draft("a", 1))
    const answers = await Promise.allSettled(
      [10, 11, 12, 13, 14].map((n) => opened.store.replace(draft("a", n), 1)),
    )
    assert.deepEqual(refusals(answers), ["conflict", "conflict", "conflict", "conflict"])
    const won = answers.find((answer) => answer.status === "fulfilled")
    assert.deepEqual(await opened.store.find("a"), won?.value)
  })

  test(`${kind}: what is gone can neither be changed nor removed, and may come again`, async () => {
    await using opened = await open()
    const { store } = opened
    await store.insert(draft("a", 1))
    await store.remove("a", 1)
    assert.equal(await store.find("a"), undefined)
    await assert.rejects(store.replace(draft("a", 2), 1), { code: "not_found" })
    await assert.rejects(store.remove("a", 1), { code: "not_found" })
    assert.equal((await store.insert(draft("a", 3))).version, 1)
  })

  test(`${kind}: a value that breaks its schema is refused and changes nothing`, async () => {
    await using opened = await open()
    const { store } = opened
    await assert.rejects(store.insert(broken("a")), { code: "invalid" })
    await store.insert(draft("b", 1))
    await assert.rejects(store.replace(broken("b"), 1), { code: "invalid" })
    assert.deepEqual(await store.list({ limit: 10 }), { items: [{ ...draft("b", 1), version: 1 }] })
  })

  test(`${kind}: pages hold everything once, in the order of ids`, async () => {
    await using opened = await open()
    for (const id of ["d", "B", "a", "c", "e"]) await opened.store.insert(draft(id, 1))
    const first = await opened.store.list({ limit: 2 })
    await opened.store.remove("a", 1)
    const second = await opened.store.list({ limit: 2, cursor: first.nextCursor ?? "" })
    const third = await opened.store.list({ limit: 2, cursor: second.nextCursor ?? "" })
    assert.deepEqual(
      [first, second, third].map(({ items }) => items.map(({ id }) => id)),
      [["B", "a"], ["c", "d"], ["e"]],
    )
    assert.equal(third.nextCursor, undefined)
  })

  test(`${kind}: a cursor or a limit that cannot be is refused`, async () => {
    await using opened = await open()
    for (const limit of [0, -1, 1.5, 1_001, Number.NaN])
      await assert.rejects(opened.store.list({ limit }), { code: "invalid" })
    for (const cursor of ["", "?", "a b", "A".repeat(2_000)]) {
      await assert.rejects(opened.store.list({ limit: 1, cursor }), { code: "invalid" })
    }
  })

  test(`${kind}: who watches is told of each change in order, and of refused ones never`, async () => {
    await using opened = await open()
    const { store } = opened
    const told: string[] = []
    const stop = store.watch((change) => told.push(nameOf(change)))
    await store.insert(draft("a", 1))
    assert.deepEqual(told, ["a 1"], "told before the change resolves")
    await Promise.allSettled([
      store.replace(draft("a", 2), 1),
      store.replace(draft("a", 3), 1),
      store.remove("a", 2),
    ])
    stop()
    await store.insert(draft("b", 1))
    assert.deepEqual(told, ["a 1", "a 2", "a gone"])
  })
}

function refusals(answers: readonly PromiseSettledResult<unknown>[]): string[] {
  return answers
    .filter((answer) => answer.status === "rejected")
    .map(({ reason }) => (reason as { code: string }).code)
}

function nameOf<T extends Versioned>(change: Change<T>): string {
  return change.kind === "kept" ? `${change.value.id} ${change.value.version}` : `${change.id} gone`
}
