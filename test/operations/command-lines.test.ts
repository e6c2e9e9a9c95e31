/** Command lines that come through operations, whoever asks: refused by a rule, and nothing is written or started. */

import assert from "node:assert/strict"
import { existsSync, readdirSync } from "node:fs"
import { mkdir, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { hostileLines, hostileVariables, oddCommands } from "../domain/command-lines.ts"
import { openFleet, openMachine, program } from "../fleet/fleet-kit.ts"
import { admins, hello, openKit, refusal, type Kit } from "./operations-kit.ts"

/** The rule that a refusal names; undefined where it was taken. */
async function ruleOf(performed: Promise<unknown>): Promise<unknown> {
  try {
    await performed
    return undefined
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown))
    assert.equal(thrown.code, "invalid", thrown.message)
    return thrown.detail["rule"]
  }
}

function filesOf({ folder }: Kit): readonly string[] {
  return readdirSync(join(folder, "servers.d"))
}

test("AGT-04 an administrator's word starts no shell and no code either, by registering or by changing", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "there", enabled: false, ...hello })
  for (const { rule, command, args } of hostileLines) {
    const line = { command, args: [...args] }
    assert.equal(await ruleOf(kit.run(admin, "register_service", { name: "x", ...line })), rule, line.command)
    assert.equal(await ruleOf(kit.run(admin, "update_service", { name: "there", ...line })), rule, line.command)
  }
  assert.deepEqual(filesOf(kit), ["there.json"])
  assert.deepEqual(
    kit.fleet.status().map(({ state }) => state),
    ["disabled"],
  )
  t.diagnostic(JSON.stringify({ id: "AGT-04", attempts: 2 * hostileLines.length, taken: 0 }))
})

test("AGT-05 AGT-06 nor do variables and odd commands", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  for (const variable of hostileVariables) {
    const given = { name: "x", ...hello, env: { [variable]: "x" } }
    assert.equal(await ruleOf(kit.run(admin, "register_service", given)), "command.environment", variable)
  }
  for (const [rule, command] of oddCommands) {
    const expected = command.includes("\0") ? undefined : rule
    await assert.rejects(kit.run(admin, "register_service", { name: "x", command }), (thrown) => {
      assert.ok(thrown instanceof GatewayError && thrown.code === "invalid", JSON.stringify(command))
      assert.equal(thrown.detail["rule"], expected)
      return true
    })
  }
  assert.deepEqual(filesOf(kit), [])
})

test("AGT-06 a link is what it leads to, for the program and for its script", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const [harmless, listed, script] = ["tool", "server", "script.mjs"].map((name) => join(kit.folder, name))
  assert.ok(harmless && listed && script)
  await symlink("/bin/sh", harmless)
  await symlink(process.execPath, listed)
  const packages = join(kit.folder, "node_modules", "npm", "bin")
  await mkdir(packages, { recursive: true })
  await writeFile(join(packages, "npx-cli.js"), "")
  await symlink(join(packages, "npx-cli.js"), script)
  const tryOut = (command: string, args: readonly string[]): Promise<unknown> =>
    ruleOf(kit.run(admin, "register_service", { name: "x", command, args: [...args] }))
  assert.equal(await tryOut(harmless, []), "command.shell")
  assert.equal(await tryOut(listed, ["-e", "1"]), "command.inline-code")
  assert.equal(await tryOut(process.execPath, [script]), "command.launcher")
  assert.deepEqual(filesOf(kit), [])
})

test("AGT-04 a name is taken where the operator lists it, or for the gateway's own Node, and its arguments are judged all the same", async (t) => {
  const kit = await openKit(t, openMachine({ stdio: { commands: ["server"] } }))
  const admin = await kit.join("admin", admins)
  const { args } = hello
  await kit.run(admin, "register_service", { name: "listed", enabled: false, command: "server" })
  await kit.run(admin, "register_service", { name: "named", command: "node", args })
  const other = { name: "other", command: "nodejs", args }
  await assert.rejects(kit.run(admin, "register_service", other), refusal("invalid", /stdio\.commands/))
  assert.equal(
    await ruleOf(kit.run(admin, "update_service", { name: "named", args: ["-e", "1"] })),
    "command.inline-code",
  )
})

test("AGT-04 what an operator wrote into a file runs, and can be changed where the program stays", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const byHand = { command: process.execPath, args: ["--no-warnings", "-e", "setInterval(() => {}, 1000)"] }
  const path = join(kit.folder, "servers.d", "by-hand.json")
  await writeFile(path, JSON.stringify({ enabled: false, ...byHand }), { mode: 0o600 })
  while (kit.fleet.status().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await kit.run(admin, "update_service", { name: "by-hand", title: "By hand", tools: { deny: ["x"] } })
  assert.equal(
    await ruleOf(kit.run(admin, "update_service", { name: "by-hand", args: ["-e", "1"] })),
    "command.inline-code",
  )
  assert.ok(existsSync(path))
})

test("AGT-04 with stdio.strict the programs of files are held to the rules too", async (t) => {
  const marked = join((await openKit(t)).folder, "marked")
  const script = `require("node:fs").writeFileSync(${JSON.stringify(marked)}, "")`
  const services = {
    held: { command: process.execPath, args: ["-e", script] },
    hello: program("examples/hello-server/server.ts"),
  }
  const strict = openMachine({ stdio: { strict: "all" } })
  const { fleet } = await openFleet(t, services, { machine: strict })
  await fleet.settled()
  assert.deepEqual(
    fleet.status().map(({ name, state }) => [name, state]),
    [
      ["held", "down"],
      ["hello", "up"],
    ],
  )
  assert.match(
    fleet
      .issues()
      .map(({ message }) => message)
      .join("\n"),
    /command\.inline-code/,
  )
  assert.equal(existsSync(marked), false)
})
