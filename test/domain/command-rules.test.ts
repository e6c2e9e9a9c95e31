import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { judgeCommand, pathsOf, type CommandTerms, type Program } from "../../src/domain/command-rules.ts"
import { hostileLines, hostileVariables, honestLines, listedNames, oddCommands } from "./command-lines.ts"
import { given, lookalikes, renamed } from "./renamed-programs.ts"

const terms: CommandTerms = { names: listedNames, realPathOf: (path) => path }

function ruleOf(program: Partial<Program>, given: Partial<CommandTerms> = {}): string | undefined {
  const whole = { command: "/opt/server", args: [], env: {}, cwd: undefined, ...program }
  return judgeCommand(whole, { ...terms, ...given })?.rule
}

function tell(t: TestContext, figures: object): void {
  t.diagnostic(JSON.stringify(figures))
}

test("AGT-04 no command line gets code, a shell or another program past the rules", (t) => {
  for (const { rule, command, args } of hostileLines)
    assert.equal(ruleOf({ command, args }), rule, [command, ...args].join(" "))
  assert.ok(hostileLines.length >= 60)
  tell(t, { id: "AGT-04", commandLines: hostileLines.length, taken: 0 })
})

test("AGT-04 nor does a program under the name of a version, a build, an archive or GNU's letters", (t) => {
  for (const [rule, names, ...args] of renamed)
    for (const name of names)
      assert.equal(ruleOf({ command: `/opt/own/${name}`, args }), rule, [name, ...args].join(" "))
  for (const [rule, command, ...args] of given) assert.equal(ruleOf({ command, args }), rule, args.join(" "))
  for (const [command, ...args] of lookalikes) assert.equal(ruleOf({ command, args }), undefined, args.join(" "))
  const names = renamed.flatMap(([, all]) => all).length
  assert.ok(names >= 120)
  tell(t, { id: "AGT-04", renamed: names + given.length, taken: 0, honest: lookalikes.length, refused: 0 })
})

test("AGT-04 a listed name, and a name in other letters, changes nothing of that", () => {
  const names = ["sh", "env", "npx", "node"]
  assert.equal(ruleOf({ command: "sh", args: ["-c", "id"] }, { names }), "command.shell")
  assert.equal(ruleOf({ command: "env", args: ["sh"] }, { names }), "command.launcher")
  assert.equal(ruleOf({ command: "npx", args: ["-c", "id"] }, { names }), "command.inline-code")
  assert.equal(ruleOf({ command: "node", args: ["-e", "1"] }, { names }), "command.inline-code")
  assert.equal(ruleOf({ command: "/opt/BASH", args: [] }), "command.shell")
  assert.equal(ruleOf({ command: "/opt/Python3.exe", args: ["-c", "1"] }), "command.inline-code")
})

test("AGT-04 a program of the system is taken once the operator lists it, by its path or its link", () => {
  const listed = { names: ["/usr/bin/mcp-server"] }
  assert.equal(ruleOf({ command: "/usr/bin/mcp-server" }), "command.system")
  assert.equal(ruleOf({ command: "/usr/bin/mcp-server" }, listed), undefined)
  const leading = { ...listed, realPathOf: () => "/usr/lib/mcp/server" }
  assert.equal(ruleOf({ command: "/usr/bin/mcp-server" }, leading), undefined)
  assert.equal(ruleOf({ command: "/usr/bin/mcp-server" }, { ...leading, names: [] }), "command.system")
  assert.equal(ruleOf({ command: "/opt/server" }, { realPathOf: () => "/usr/bin/curl" }), "command.system")
  const runs = { args: ["/srv/venv/lib/python3.12/site-packages/server/main.py"], command: "/srv/venv/bin/python" }
  assert.equal(ruleOf(runs), undefined)
})

test("AGT-05 no variable makes a program load, run or trust something else", (t) => {
  for (const name of hostileVariables) assert.equal(ruleOf({ env: { [name]: "x" } }), "command.environment", name)
  const honest = [
    "GITHUB_TOKEN",
    "API_KEY",
    "NODE_ENV",
    "PYTHONUNBUFFERED",
    "LOG_LEVEL",
    "TZ",
    "ENVIRONMENT",
    "DEBUG",
  ]
  for (const name of honest) assert.equal(ruleOf({ env: { [name]: "x" } }), undefined, name)
  tell(t, { id: "AGT-05", variables: hostileVariables.length, taken: 0, honest: honest.length })
})

test("AGT-06 a command must say by itself which program it is", (t) => {
  for (const [rule, command] of oddCommands) assert.equal(ruleOf({ command }), rule, JSON.stringify(command))
  tell(t, { id: "AGT-06", commands: oddCommands.length, taken: 0 })
})

test("AGT-06 a link to a shell is one, as is a script that leads to a package manager or to no file", () => {
  const leading = (to: string) => ({ realPathOf: () => to })
  assert.equal(ruleOf({ command: "/opt/server" }, leading("/usr/bin/dash")), "command.shell")
  assert.equal(
    ruleOf({ command: "/opt/server", args: ["-e", "1"] }, leading("/usr/bin/node")),
    "command.inline-code",
  )
  const node = { command: "/usr/bin/node", args: ["/srv/x.js"] }
  const scriptAt = (to: string) => ({ realPathOf: (path: string) => (path === "/srv/x.js" ? to : path) })
  assert.equal(ruleOf(node, scriptAt("/usr/lib/node_modules/npm/bin/npx-cli.js")), "command.launcher")
  assert.equal(ruleOf(node, scriptAt("/dev/null")), "command.script")
  assert.deepEqual(pathsOf({ ...node, env: {}, cwd: undefined }), ["/usr/bin/node", "/srv/x.js"])
})

test("AGT-06 a folder must be written out, and is none where settings would be read from it", () => {
  for (const cwd of ["srv", "../srv", "/srv/../etc", "~", "${env:HOME}"])
    assert.equal(ruleOf({ cwd }), "command.folder", cwd)
  assert.equal(ruleOf({ cwd: "/srv" }), undefined)
  const npx = { command: "/usr/bin/npx", args: ["-y", "x@1.0.0"] }
  assert.deepEqual([ruleOf(npx), ruleOf({ ...npx, cwd: "/srv" })], [undefined, "command.folder"])
})

test("AGT-04 honest command lines pass", (t) => {
  for (const line of honestLines) assert.equal(ruleOf(line), undefined, [line.command, ...line.args].join(" "))
  tell(t, { id: "AGT-04", honest: honestLines.length, refused: 0 })
})

test("AGT-04 every refusal says what to do", () => {
  for (const { command, args } of hostileLines) {
    const found = judgeCommand({ command, args, env: {}, cwd: undefined }, terms)
    assert.match(found?.sentence ?? "", /\b(?:give|name|put|use|write|run|gets?)\b/i, found?.sentence)
  }
})
