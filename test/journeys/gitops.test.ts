/** Services that come from a repository: what operations answer with is committed, by git itself. */

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { rest } from "../support/rest.ts"
import { gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"

type Planned = {
  readonly plan?: { readonly patch?: string; readonly notes: readonly string[]; readonly state: string }
}

const off = { enabled: false }

test("with --servers-readonly a change of services is answered with a patch that git applies", async (t) => {
  const many = { mcpServers: { one: { command: "node", ...off }, two: { url: "http://127.0.0.1:9", ...off } } }
  const gateway = await gatewayFor(t, {
    args: ["--servers-readonly"],
    services: {
      many,
      old: { command: "node", ...off },
      told: { command: "node", env: { KEY: "canary-value" }, ...off },
    },
  })
  const folder = join(gateway.folder, "servers.d")
  const git = (args: readonly string[], input = ""): string =>
    execFileSync("git", args, { cwd: gateway.folder, input, encoding: "utf8" })
  git(["init", "-q"])
  const ask = async (method: string, path: string, body?: object): Promise<Planned> => {
    const answer = await rest(gateway, method, path, body)
    assert.ok(answer.status < 300, JSON.stringify(answer))
    return answer.body as Planned
  }
  const texts = (): readonly string[] =>
    readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))
  const before = texts()
  const asked = [
    ask("POST", "/services", {
      name: "new",
      url: "https://new.example/mcp",
      headers: { A: "${secret:a}" },
      ...off,
    }),
    ask("PATCH", "/services/one", { title: "One" }),
    ask("DELETE", "/services/old"),
  ]
  const patches = (await Promise.all(asked)).map(({ plan }) => plan?.patch ?? "")
  assert.deepEqual(texts(), before, "nothing was written")
  for (const patch of patches) git(["apply", "-"], patch)
  await eventually("what was committed is live", async () => {
    const { body } = await rest(gateway, "GET", "/services")
    const names = (body as { services: readonly { name: string }[] }).services.map(({ name }) => name).join()
    return names === "new,one,told,two" && (await rest(gateway, "GET", "/services/one")).body
  })
  const { body } = await rest(gateway, "GET", "/services/one")
  assert.equal((body as { definition: { title?: string } }).definition.title, "One")

  const { plan } = await ask("PATCH", "/services/told", { title: "Told" })
  assert.equal(plan?.patch, undefined)
  assert.match(plan?.notes.at(-1) ?? "", /servers\.d\/told\.json\. Write them as \$\{secret:NAME\}/)
  assert.doesNotMatch(JSON.stringify(plan), /canary/)

  const { revisions } = (await rest(gateway, "GET", "/history")).body as {
    revisions: readonly { who: string; number: number }[]
  }
  assert.ok(revisions.length > 0 && revisions.every(({ who }) => who === "file"))
  const undone = await ask("POST", "/history/rollback", { to: 0 })
  git(["apply", "-"], undone.plan?.patch ?? "")
  await eventually("what was taken back is live", async () => {
    const { body } = await rest(gateway, "GET", "/services")
    return (
      (body as { services: readonly { name: string }[] }).services.map(({ name }) => name).join() ===
      "old,one,told,two"
    )
  })
})
