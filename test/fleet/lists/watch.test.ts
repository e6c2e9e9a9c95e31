import assert from "node:assert/strict"
import { test } from "node:test"
import type { Notification } from "../../../src/mcp/message.ts"
import { callTool, openFleet, program, textOf, until } from "../fleet-kit.ts"

const wayward = program("test/fleet/wayward-service.ts")
const uri = "file:///a"

test("watchers of one resource share one subscription, which ends with the last of them", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward })
  const [first, second] = [new AbortController(), new AbortController()]
  const heard: string[] = []
  const hear = (who: string) => (notification: Notification) => heard.push(`${who} ${notification.method}`)
  assert.equal(await fleet.watch("way", uri, hear("first"), first.signal), true)
  assert.equal(await fleet.watch("way", uri, hear("second"), second.signal), true)
  await callTool(fleet, "way", "touch", { uri })
  await until("both have heard", () => heard.length === 2)
  first.abort()
  await callTool(fleet, "way", "touch", { uri })
  await until("the second has heard again", () => heard.length === 3)
  assert.equal(textOf(await callTool(fleet, "way", "subscribed")), `+${uri}`)
  second.abort()
  await until("the subscription has ended", async () => {
    return textOf(await callTool(fleet, "way", "subscribed")) === `+${uri} -${uri}`
  })
  assert.equal(heard[2], "second notifications/resources/updated")
})

test("a watch goes on when the service was started again", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward })
  const heard: Notification[] = []
  assert.equal(
    await fleet.watch("way", uri, (notification) => heard.push(notification), new AbortController().signal),
    true,
  )
  await assert.rejects(callTool(fleet, "way", "crash"))
  await until("it is subscribed again", async () => {
    return textOf(await callTool(fleet, "way", "subscribed", {}, { repeatable: true })) === `+${uri}`
  })
  await callTool(fleet, "way", "touch", { uri })
  await until("the update is heard", () => heard.length === 1)
})

test("a service without subscriptions does not agree to tell", async (t) => {
  const { fleet } = await openFleet(t, { hello: program("examples/hello-server/server.ts") })
  assert.equal(await fleet.watch("hello", uri, () => {}, new AbortController().signal), false)
})

test("a modern service tells of updates and of new tools", async (t) => {
  const { fleet } = await openFleet(t, { modern: program("test/fixtures/modern/stdio.ts") })
  const heard: Notification[] = []
  const watched = "test://watched-resource"
  const signal = new AbortController().signal
  assert.equal(await fleet.watch("modern", watched, (notification) => heard.push(notification), signal), true)
  await callTool(fleet, "modern", "test_trigger_resource_update")
  await until("the update is heard", () => heard.length > 0)
  assert.equal(heard[0]?.params.get("uri")?.toString(), `"${watched}"`)
})

test("a watch goes on when the service is defined anew, or was off for a while", async (t) => {
  const { fleet, files } = await openFleet(t, { way: wayward })
  const heard: Notification[] = []
  const signal = new AbortController().signal
  assert.equal(await fleet.watch("way", uri, (notification) => heard.push(notification), signal), true)
  const change = async (definition: object): Promise<unknown> =>
    files.write("way", { ...wayward, ...definition }, { ifNew: false })
  for (const [times, definitions] of [
    [1, [{ timeoutMs: 30_000 }]],
    [2, [{ enabled: false }, { enabled: true }]],
  ] as const) {
    for (const definition of definitions) await change(definition)
    await until("it is subscribed again", async () => {
      const answer = await callTool(fleet, "way", "subscribed", {}, { repeatable: true }).catch(() => undefined)
      return answer !== undefined && textOf(answer) === `+${uri}`
    })
    await callTool(fleet, "way", "touch", { uri })
    await until("the update is heard", () => heard.length === times)
  }
})
