/** What is told besides the answer: while a call runs, and when something changes. */
import assert from "node:assert/strict"
import { eventually } from "../../journeys/eventually.ts"
import type { Heard } from "../driver.ts"
import { nameOf, nonceOf, textOf, uriOf, type Bench, type Feature } from "../feature.ts"

export const progress: Feature = {
  name: "progress",
  proof: "progress reaches the call that it is about, each step in its turn",
  prove: async (bench) => {
    const steps: number[] = []
    await bench.driver.call(
      nameOf(bench, "test_tool_with_progress"),
      {},
      { onProgress: (step) => void steps.push(step) },
    )
    assert.deepEqual(steps, [0, 50, 100])
  },
}

export const logging: Feature = {
  name: "logging",
  proof: {
    "legacy-legacy": "log messages come from the level that the session set",
    "legacy-modern": "log messages come from the level that the session set, which goes along with each request",
    "modern-legacy": "log messages come to the request that asks for them, from its level on, and to no other",
    "modern-modern": "log messages come to the request that asks for them, from its level on, and to no other",
  },
  prove: async (bench) => {
    const { driver, client } = bench
    const logs = async (count: number): Promise<void> => {
      const known = logsHeard(driver.heard).length
      await driver.call(nameOf(bench, "test_tool_with_logging"))
      if (count > 0) await eventually("the logs came", () => logsHeard(driver.heard).length >= known + count)
      assert.equal(logsHeard(driver.heard).length, known + count)
    }
    if (client.era === "modern") await logs(0)
    await driver.wantLogs("error")
    await logs(0)
    await driver.wantLogs("info")
    await logs(3)
  },
}

function logsHeard(heard: readonly Heard[]): readonly Heard[] {
  return heard.filter(({ method }) => method === "notifications/message")
}

export const cancel: Feature = {
  name: "cancel",
  proof: {
    "legacy-legacy": "a call that its client cancels is cancelled at the service",
    "legacy-modern":
      "a call that its client cancels is cancelled at the service: its stream is closed, a child is told",
    "modern-legacy": "a call whose stream its client closes is cancelled at the service by a notification",
    "modern-modern": "a call whose stream its client closes is cancelled at the service",
  },
  prove: async (bench) => {
    const { driver } = bench
    const call = nonceOf(bench, "wait")
    const stop = new AbortController()
    const fate = async (): Promise<string> => textOf(await driver.call(nameOf(bench, "test_fate"), { call }))
    const over = assert.rejects(driver.call(nameOf(bench, "test_wait"), { call }, { signal: stop.signal }))
    await eventually("the service works on it", async () => (await fate()) === "waiting")
    stop.abort(new Error("the test has seen enough"))
    await over
    await eventually("the service stopped", async () => (await fate()) === "cancelled")
  },
}

export const listChange: Feature = {
  name: "list change",
  proof: {
    "legacy-legacy": "a changed list is told to the session, and the list is the new one",
    "legacy-modern":
      "a changed list, heard by a subscription, is told to the session, and the list is the new one",
    "modern-legacy": "a changed list is told to the subscription, and the list is the new one",
    "modern-modern": "a changed list is told to the subscription, and the list is the new one",
  },
  prove: async (bench) => {
    await Promise.all([
      changing(bench, "tools", "test_trigger_tool_change"),
      changing(bench, "prompts", "test_trigger_prompt_change", "test_input_required_result_prompt"),
    ])
  },
}

async function changing(
  bench: Bench,
  list: "tools" | "prompts",
  trigger: string,
  changed = trigger,
): Promise<void> {
  const { driver } = bench
  const method = `notifications/${list}/list_changed`
  const describe = async (): Promise<string | undefined> =>
    (await driver.items(list)).find(({ name }) => name === nameOf(bench, changed))?.description
  const [described, known] = [await describe(), driver.heard.length]
  assert.match(described ?? "", /changed \d+ times/)
  await driver.call(nameOf(bench, trigger))
  await eventually(`${method} was heard`, () => driver.heard.slice(known).some((news) => news.method === method))
  assert.notEqual(await describe(), described)
}

export const resourceUpdate: Feature = {
  name: "resource update",
  proof: {
    "legacy-legacy": "an update of a subscribed resource is told to its subscriber, under the URI it knows",
    "legacy-modern": "an update of a subscribed resource is told to its subscriber, under the URI it knows",
    "modern-legacy": "an update of a resource that is listened to is told there, under the URI the client knows",
    "modern-modern": "an update of a resource that is listened to is told there, under the URI the client knows",
  },
  prove: async (bench) => {
    const { driver } = bench
    const uri = uriOf(bench, "test://watched-resource")
    const updates = (): readonly Heard[] =>
      driver.heard.filter(({ method }) => method === "notifications/resources/updated")
    await driver.watch(uri)
    await driver.call(nameOf(bench, "test_trigger_resource_update"))
    await eventually("the update was heard", () => updates().length > 0)
    assert.equal(updates()[0]?.params["uri"], uri)
  },
}
