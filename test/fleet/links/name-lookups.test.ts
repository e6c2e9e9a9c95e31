/** Names that nobody answers for, or late: what others look up does not wait for them. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { NameLookups } from "../../../src/fleet/links/name-lookups.ts"

const here = [{ address: "127.0.0.1", family: 4 }]

/** A resolver whose answers come when the test says so, with what it was asked. */
function heldBack() {
  const asked: string[] = []
  const open = new Map<string, () => void>()
  return {
    asked,
    answer: (name: string): void => open.get(name)?.(),
    resolve: (name: string): Promise<typeof here> => {
      asked.push(name)
      if (name.startsWith("good")) return Promise.resolve(here)
      return new Promise((resolve) => open.set(name, () => resolve(here)))
    },
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test("a name is looked up once for all who ask at the same time, and anew afterwards", async () => {
  const { asked, answer, resolve } = heldBack()
  const names = new NameLookups({ resolve })
  const both = [names.resolve("late"), names.resolve("late")]
  answer("late")
  assert.deepEqual(await Promise.all(both), [here, here])
  void names.resolve("late")
  assert.deepEqual(asked, ["late", "late"])
  answer("late")
})

test("who asks for a name that nobody answers for is told so in time, and takes no second thread", async () => {
  const { asked, answer, resolve } = heldBack()
  const names = new NameLookups({ resolve, waitMs: 20 })
  for (let times = 0; times < 3; times += 1) await assert.rejects(names.resolve("late"), { code: "ETIMEOUT" })
  assert.deepEqual(asked, ["late"])
  answer("late")
})

test("names that were slow share a few threads, and others are looked up beside them", async () => {
  const { asked, answer, resolve } = heldBack()
  const names = new NameLookups({ resolve, maxUnderWay: 4, maxSlow: 2, waitMs: 60_000, slowMs: 0 })
  const late = ["late-1", "late-2", "late-3", "late-4"]
  const first = late.map((name) => names.resolve(name))
  for (const name of late) answer(name)
  await Promise.all(first)
  asked.length = 0
  const again = late.map((name) => names.resolve(name))
  assert.deepEqual(asked, ["late-1", "late-2"])
  assert.deepEqual(await names.resolve("good"), here)
  for (const name of late) {
    answer(name)
    await settle()
  }
  await Promise.all(again)
  assert.deepEqual(asked, ["late-1", "late-2", "good", "late-3", "late-4"])
})

test("new names that nobody answers for leave threads to those that were quick before", async () => {
  const { asked, answer, resolve } = heldBack()
  const names = new NameLookups({ resolve, maxUnderWay: 3, maxUnproven: 2, maxSlow: 1, waitMs: 60_000 })
  assert.deepEqual(await names.resolve("good"), here)
  const late = ["late-1", "late-2", "late-3"]
  const first = late.map((name) => names.resolve(name))
  assert.deepEqual(await names.resolve("good"), here)
  assert.deepEqual(asked, ["good", "late-1", "late-2", "good"])
  for (const name of late) {
    answer(name)
    await settle()
  }
  assert.deepEqual(await Promise.all(first), [here, here, here])
})

test("what the resolver says of a name is what is told", async () => {
  const failure = Object.assign(new Error("no"), { code: "ENOTFOUND" })
  const names = new NameLookups({ resolve: () => Promise.reject(failure) })
  await assert.rejects(names.resolve("nowhere"), failure)
  await assert.rejects(names.resolve("nowhere"), failure)
})
