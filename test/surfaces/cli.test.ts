import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, test } from "node:test"
import { operations } from "../../src/operations/index.ts"
import { openCli, outcome } from "./cli-kit.ts"
import { keys } from "./rest/rest-app.ts"

const { folder, app, answers, run, last, close } = await openCli()
after(close)

test("help lists the commands and, by group, every operation", async () => {
  const { code, stdout } = await run(["help"])
  assert.equal(code, 0)
  assert.ok(operations.length > 15)
  for (const name of [
    "serve",
    "stdio",
    "status",
    "call",
    "config",
    "import",
    ...operations.map(({ name }) => name),
  ]) {
    assert.match(stdout, new RegExp(`^ {2}${name} `, "m"))
  }
  assert.match(stdout, /Operations on services:[^]*Operations on tools:[^]*Operations on identity:/)
})

test("an operation's flags become its input, each as what it is", async () => {
  answers.set("register_service", outcome)
  const flags = [
    "--name",
    "x",
    "--command",
    "node",
    "--args",
    "-e",
    "--args",
    "1",
    "--env",
    "A=1",
    "--env",
    "B=x=y",
    "--enabled",
    "false",
  ]
  const { code, stdout, stderr } = await run([
    "register_service",
    ...flags,
    "--timeout-ms",
    "500",
    "--maxTimeMs",
    "900",
    "--tools",
    '{"deny":["d*"]}',
  ])
  assert.deepEqual([code, stderr], [0, ""])
  assert.match(stdout, /time/)
  assert.deepEqual(last(), {
    name: "register_service",
    input: {
      name: "x",
      command: "node",
      args: ["-e", "1"],
      env: { A: "1", B: "x=y" },
      enabled: false,
      timeoutMs: 500,
      maxTimeMs: 900,
      tools: { deny: ["d*"] },
    },
  })
})

test("a flag that is an operation's own is the gateway's in front of the operation's name", async () => {
  answers.set("register_service", outcome)
  const { code } = await run([
    "--url",
    app.url,
    "--key",
    keys.observer,
    "--data",
    "elsewhere",
    "register_service",
    "--name",
    "x",
    "--url",
    "https://example.com/mcp",
  ])
  assert.equal(code, 0)
  assert.deepEqual(last()?.input, { name: "x", url: "https://example.com/mcp" })
  assert.match(
    (await run(["help", "register_service"])).stdout,
    /In front of the command's name, --url is the gateway's/,
  )
})

test("members in the path and in the query arrive, and null takes a field away", async () => {
  answers.set("list_services", { services: [] })
  assert.equal((await run(["list_services", "--state", "up", "--limit", "5"])).code, 0)
  assert.deepEqual(last()?.input, { state: "up", limit: 5 })
  answers.set("update_service", outcome)
  assert.equal(
    (await run(["update_service", "--name", "time", "--title", "null", "--tags", "a", "--tags", "b"])).code,
    0,
  )
  assert.deepEqual(last()?.input, { name: "time", title: null, tags: ["a", "b"] })
  answers.set("toggle_service", outcome)
  assert.equal((await run(["toggle_service", "--name", "time", "--enabled"])).code, 0)
  assert.deepEqual(last()?.input, { name: "time", enabled: true })
})

test("--json prints the output itself", async () => {
  answers.set("healthcheck", { healthy: false, checks: [{ name: "time", healthy: false, message: "gone\u009b" }] })
  const { code, stdout } = await run(["healthcheck", "--json"])
  assert.equal(code, 1)
  assert.deepEqual(JSON.parse(stdout), answers.get("healthcheck"))
  assert.doesNotMatch(stdout, /\u009b/)
})

test("what is wrong with a command is said on stderr, with the exit code of its kind", async () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["toggle_service", "--enabled", "true"], 2, /toggle_service needs --name/],
    [["toggle_service", "--name", "time", "--enabled", "maybe"], 2, /enabled/],
    [["toggle_service", "--nam", "time"], 2, /unknown option '--nam'[^]*--name/],
    [["list_service"], 2, /list_services/],
    [["status", "--port", "1"], 2, /unknown option/],
    [["remove_service", "--name", "x"], 1, /Not now\.\n.*next: list_services/],
    [["list_services", "--key", keys.nobody], 3, /may not perform list_services/],
    [["list_services", "--url", "http://127.0.0.1:9"], 3, /No gateway answers/],
    [["list_services", "--url", "https://gateway.example"], 3, /Give the key of gateway\.example/],
    [["list_services", "--data", "elsewhere"], 3, /No gateway runs/],
    [["list_services", "--config", "absent.yaml"], 2, /absent\.yaml/],
  ]
  for (const [args, code, said] of cases) {
    const ran = await run(args)
    assert.deepEqual([args.join(" "), ran.code, ran.stdout], [args.join(" "), code, ""])
    assert.match(ran.stderr, said)
  }
})

test("what a gateway that was killed has left leads nowhere, least of all with the administrator's key", async () => {
  const left = join(folder, "left")
  await mkdir(left)
  await writeFile(join(left, "admin.key"), `${keys.observer}\n`)
  const ended = spawn(process.execPath, ["--version"], { stdio: "ignore" })
  await once(ended, "exit")
  for (const pid of [ended.pid, undefined, 0, -1]) {
    await writeFile(join(left, "gateway.json"), JSON.stringify({ url: app.url, pid }))
    const { code, stderr } = await run(["list_services", "--data", left])
    assert.equal(code, 3)
    assert.match(stderr, /No gateway runs/)
  }
})

test("a revoked key is not authorised", async () => {
  assert.equal((await run(["list_services"], { MCP_META_KEY: "mm_revoked" })).code, 3)
})

test("call prints a tool's result, and fails where the tool does", async () => {
  const fine = await run(["call", "svc__echo", "--json", '{"a":1}', "--arg", "b=[2]", "--arg", "c=text"])
  assert.deepEqual([fine.code, fine.stdout], [0, '"svc__echo" {"a":1,"b":[2],"c":"text"}\n'])
  assert.equal((await run(["call", "svc__fail"])).code, 1)
  const text = await run(["call", "svc__fail", "--arg", "message=123"])
  assert.match(text.stderr, /message was sent as JSON; as text it is --arg 'message="123"'/)
  assert.match((await run(["--help"])).stdout, /Exit codes: 0,[^]*1,[^]*2,[^]*3,/)
  const wrong = await run(["status", "--url", app.url.replace("http:", "https:")])
  assert.match(wrong.stderr, /does not speak TLS. Is it http:/)
  assert.equal((await run(["call", "svc__echo", "--json", "[]"])).code, 2)
})

test("config names where each value comes from, and never shows the key", async () => {
  const { code, stdout } = await run(["config", "--port", "9"], {
    MCP_META_KEY: "mm_hidden",
    MCP_META_LOG_LEVEL: "warn",
  })
  assert.equal(code, 0)
  assert.match(stdout, /^port +9 +\(flag --port\)$/m)
  assert.match(stdout, /^log\.level +"warn" +\(variable MCP_META_LOG_LEVEL\)$/m)
  assert.doesNotMatch(stdout, /hidden/)
  assert.equal((await run(["config", "--validate"])).stdout, "The configuration is valid.\n")
  const refused = await run(["config", "--validate", "--host", "0.0.0.0"])
  assert.deepEqual([refused.code, refused.stdout], [2, ""])
})

test("import writes a client's servers as files, without a gateway, and replaces none unasked", async () => {
  const file = join(folder, "client.json")
  const servers = join(folder, "imported")
  const entry = { command: "npx", args: ["-y", "https://example.com//x"], env: { TOKEN: "${env:TOKEN}" } }
  await writeFile(
    file,
    `{ // a comment\n "mcpServers": { "My Server": ${JSON.stringify(entry)}, "list_services": { "url": "http://x/mcp" }, "odd": {}, } }`,
  )
  const first = await run(["import", file, "--servers", servers])
  assert.equal(first.code, 1)
  assert.match(first.stderr, /list_services is the name of an operation[^]*"odd"/)
  assert.deepEqual(await readdir(servers), ["My-Server.json"])
  assert.deepEqual(JSON.parse(await readFile(join(servers, "My-Server.json"), "utf8")), entry)
  assert.equal((await stat(join(servers, "My-Server.json"))).mode & 0o777, 0o600)
  await writeFile(file, '{"servers":{"My Server":{"url":"http://x/mcp"}}}')
  const again = await run(["import", file, "--servers", servers])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /already in .*--force/)
  assert.equal((await run(["import", file, "--servers", servers, "--force"])).code, 0)
  assert.deepEqual(JSON.parse(await readFile(join(servers, "My-Server.json"), "utf8")), { url: "http://x/mcp" })
  assert.equal((await run(["import", join(folder, "absent.json")])).code, 2)
  await writeFile(file, '{"mcpServers":{"other":{"command":"x","env":{"API_KEY":"abc","MODE":"fast"}}}}')
  assert.match(
    (await run(["import", file, "--servers", servers])).stdout,
    /\(API_KEY in clear; better in data\/secrets/,
  )
})
