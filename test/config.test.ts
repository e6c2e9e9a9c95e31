import assert from "node:assert/strict"
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { loadConfig, requireSafeListening, settings } from "../src/config.ts"
import { childEnvironment, createLookup } from "../src/config/secrets.ts"

const folder = await mkdtemp(join(tmpdir(), "mcp-meta-config-"))
after(() => rm(folder, { recursive: true, force: true }))

/** A working folder of its own, holding these files. */
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const cwd = await mkdtemp(join(folder, "cwd-"))
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text)
  return cwd
}

const empty = await folderWith({})

test("without any source every setting has its default", async () => {
  const { config, origins } = await loadConfig({ env: {}, cwd: empty })
  assert.equal(config.host, "127.0.0.1")
  assert.equal(config.port, 4444)
  assert.equal(config.data, join(empty, "data"))
  assert.equal(config.servers, join(empty, "servers.d"))
  assert.equal(config.limits.bodyBytes, 4_194_304)
  assert.deepEqual([...new Set(origins.map(({ from }) => from))], ["default"])
  assert.throws(() => Object.assign(config.limits, { queue: 1 }), TypeError)
})

test("a flag wins over a variable, a variable over the file, the file over the default", async () => {
  const cwd = await folderWith({
    "mcp-meta.yaml": "port: 1\nhost: localhost\nlimits:\n  queue: 7\nlog.level: warn\n",
  })
  const env = { MCP_META_PORT: "2", MCP_META_HOST: "::1" }
  const { config, origins } = await loadConfig({ flags: { port: "3" }, env, cwd })
  assert.deepEqual([config.port, config.host, config.limits.queue, config.log.level], [3, "::1", 7, "warn"])
  const from = Object.fromEntries(origins.map((origin) => [origin.key, origin.from]))
  assert.equal(from["port"], "flag --port")
  assert.equal(from["host"], "variable MCP_META_HOST")
  assert.equal(from["limits.queue"], "mcp-meta.yaml:4")
  assert.equal(from["log.level"], "mcp-meta.yaml:5")
  assert.equal(from["limits.pages"], "default")
})

test("a JSON file with tabs is read, and its paths are relative to its folder", async () => {
  const cwd = await folderWith({
    "other.json": '{\n\t"data": "kept",\n\t"allowedHosts": ["a.example", "b.example"],\n\t"insecureHttp": true\n}',
  })
  const { config } = await loadConfig({ flags: { config: join(cwd, "other.json") }, env: {}, cwd: empty })
  assert.deepEqual(
    [config.data, config.allowedHosts, config.insecureHttp],
    [join(cwd, "kept"), ["a.example", "b.example"], true],
  )
})

test("text becomes what the setting is", async () => {
  const env = {
    MCP_META_ALLOWED_HOSTS: "a.example, b.example",
    MCP_META_INSECURE_HTTP: "1",
    MCP_META_TLS_CERT: "c.pem",
    MCP_META_TLS_KEY: "/k.pem",
    MCP_META_TLS_CLIENT_CA: "ca.pem",
    MCP_META_TRUSTED_PROXIES: "10.0.0.0/8, fd00::1",
  }
  const { config } = await loadConfig({ env, cwd: empty })
  assert.deepEqual(config.allowedHosts, ["a.example", "b.example"])
  assert.equal(config.insecureHttp, true)
  assert.deepEqual(config.trustedProxies, ["10.0.0.0/8", "fd00::1"])
  const clientCa = join(empty, "ca.pem")
  assert.deepEqual(config.tls, { cert: join(empty, "c.pem"), key: "/k.pem", clientCa, clientNames: [] })
})

for (const [what, sources, message] of [
  [
    "an unknown key of the file, with its line and the nearest known one",
    { yaml: "port: 1\nlimits:\n  bodyByte: 1\n" },
    /mcp-meta\.yaml:3: Unknown setting limits\.bodyByte\. Did you mean limits\.bodyBytes\?/,
  ],
  ["a broken file, with its line", { yaml: "port: 1\nhost: [\n" }, /mcp-meta\.yaml:\d/],
  ["a file that is a list", { yaml: "- port\n" }, /must hold settings/],
  ["a key that comes twice", { yaml: "port: 1\nport: 2\n" }, /mcp-meta\.yaml:2/],
  [
    "a key that comes twice in two forms",
    { yaml: "log:\n  level: info\nlog.level: warn\n" },
    /mcp-meta\.yaml:3: log\.level was set before/,
  ],
  ["a value of the wrong kind", { yaml: "port: many\n" }, /port \(mcp-meta\.yaml:1\) is wrong/],
  ["a number out of range", { env: { MCP_META_PORT: "65536" } }, /port \(variable MCP_META_PORT\) is wrong/],
  [
    "a misspelt variable",
    { env: { MCP_META_INSECURE_HTP: "1" } },
    /Unknown variable MCP_META_INSECURE_HTP\. Did you mean MCP_META_INSECURE_HTTP\?/,
  ],
  ["a key kept in the file", { yaml: "key: mm_1_2\n" }, /does not belong in a file/],
  ["a certificate without its key", { env: { MCP_META_TLS_CERT: "c.pem" } }, /belong together/],
  ["a certificate of commands without its key", { env: { MCP_META_CLI_CERT: "c.pem" } }, /belong together/],
  ["authorities of clients without TLS", { env: { MCP_META_TLS_CLIENT_CA: "ca.pem" } }, /set tls\.cert/],
  [
    "names of clients without authorities",
    { env: { MCP_META_TLS_CLIENT_NAMES: "a" } },
    /of tls\.clientCa; set it/,
  ],
  [
    "a proxy that is no address",
    { env: { MCP_META_TRUSTED_PROXIES: "proxy.example" } },
    /IP addresses or networks/,
  ],
  [
    "a flag that is no number",
    { flags: { "limits.queue": "1e3" } },
    /limits\.queue \(flag --limits-queue\) is wrong/,
  ],
  [
    "a proxy that has no address",
    { flags: { trustedProxies: "proxy" } },
    /trustedProxies .*IP addresses or networks/,
  ],
  ["a network with too many bits", { flags: { trustedProxies: "10.0.0.0/8,::1/129" } }, /trustedProxies/],
  ["a file that is not there", { flags: { config: "absent.yaml" } }, /cannot be read/],
] as const satisfies readonly (readonly [
  string,
  { yaml?: string; env?: Record<string, string>; flags?: Record<string, string> },
  RegExp,
])[]) {
  test(`refused: ${what}`, async () => {
    const {
      yaml,
      env = {},
      flags = {},
    } = sources as { yaml?: string; env?: Record<string, string>; flags?: Record<string, string> }
    const cwd = await folderWith(yaml === undefined ? {} : { "mcp-meta.yaml": yaml })
    await assert.rejects(loadConfig({ flags, env, cwd }), { code: "invalid", message })
  })
}

test("two files in one folder are refused, since one would be ignored", async () => {
  const cwd = await folderWith({ "mcp-meta.yaml": "", "mcp-meta.json": "{}" })
  await assert.rejects(loadConfig({ env: {}, cwd }), { code: "invalid", message: /are both there/ })
})

test("variables that Kubernetes makes for a Service of our name are let be", async () => {
  const env = { MCP_META_SERVICE_HOST: "10.0.0.1", MCP_META_PORT_80_TCP: "tcp://10.0.0.1:80" }
  assert.equal((await loadConfig({ env, cwd: empty })).config.port, 4444)
})

test("off loopback the gateway listens only with TLS or a word that something else encrypts", async () => {
  const load = async (flags: Record<string, string>): Promise<void> =>
    requireSafeListening((await loadConfig({ flags, env: {}, cwd: empty })).config)
  for (const host of ["127.0.0.1", "127.9.9.9", "::1", "localhost"]) await load({ host })
  await load({ host: "0.0.0.0", insecureHttp: "true" })
  await load({ host: "0.0.0.0", "tls.cert": "c", "tls.key": "k" })
  for (const host of ["0.0.0.0", "::", "192.168.1.2", "gateway.example", "127.0.0.1.example"]) {
    await assert.rejects(load({ host }), { code: "invalid", message: /without TLS/ })
  }
})

test("every setting has a sentence and names of its own", () => {
  for (const names of [
    settings.map(({ key }) => key),
    settings.map(({ flag }) => flag),
    settings.map(({ variable }) => variable),
  ]) {
    assert.equal(new Set(names).size, names.length)
  }
  assert.deepEqual(
    settings.filter(({ sentence }) => !/^[A-Z].*\.$/.test(sentence)),
    [],
  )
  const limit = settings.find(({ key }) => key === "limits.bodyBytes")
  assert.deepEqual([limit?.flag, limit?.variable], ["--limits-body-bytes", "MCP_META_LIMITS_BODY_BYTES"])
})

test("a secret is a private file, else a variable, and our own variables are nobody's", async () => {
  const data = await folderWith({})
  await mkdir(join(data, "secrets"))
  await writeFile(join(data, "secrets", "TOKEN"), "from the file\n", { mode: 0o600 })
  await symlink(join(data, "secrets", "TOKEN"), join(data, "secrets", "LINK"))
  const lookup = createLookup(data, {
    HOME: "/home/me",
    MCP_META_KEY: "mm_1_2",
    MCP_META_SECRET_TOKEN: "unused",
    MCP_META_SECRET_OTHER: "from the variable",
  })
  assert.equal(lookup("secret", "TOKEN"), "from the file")
  assert.equal(lookup("secret", "OTHER"), "from the variable")
  assert.equal(lookup("secret", "ABSENT"), undefined)
  assert.equal(lookup("secret", "../admin.key"), undefined)
  assert.equal(lookup("env", "HOME"), "/home/me")
  assert.equal(lookup("env", "MCP_META_KEY"), undefined)
  assert.throws(() => lookup("secret", "LINK"), { code: "invalid" })
  await chmod(join(data, "secrets", "TOKEN"), 0o640)
  assert.throws(() => lookup("secret", "TOKEN"), { code: "invalid", message: /chmod 600/ })
})

test("a child sees four variables at most", () => {
  assert.deepEqual(
    childEnvironment({ PATH: "/bin", HOME: "/root", MCP_META_KEY: "x", AWS_SECRET_ACCESS_KEY: "y" }),
    { PATH: "/bin", HOME: "/root" },
  )
})
