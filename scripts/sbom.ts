/**
 * `npm run sbom`: what the published package is made of, from the lock file, as CycloneDX on stdout. The same lock file
 * gives the same bytes. Not `npm sbom --omit=dev`: npm 11 leaves out whatever the tests use as well, 29 of 49 packages.
 *
 * @see https://cyclonedx.org/docs/1.5/json/
 */

import { readFileSync } from "node:fs"
import { join } from "node:path"

type Locked = {
  readonly version: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: true
  readonly optional?: true
}

type LockFile = {
  readonly name: string
  readonly version: string
  readonly packages: Readonly<Record<string, Locked>>
}

const algorithms: Readonly<Record<string, string>> = { sha512: "SHA-512" }

function billOf({ name, version, packages }: LockFile): object {
  const parts = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev)
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "application", ...identityOf(name, version) } },
    components: parts.map(([path, part]) => componentOf(path, part)),
  }
}

function componentOf(path: string, { version, integrity = "", license, optional }: Locked): object {
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
  const [algorithm = "", digest = ""] = integrity.split("-")
  const content = Buffer.from(digest, "base64").toString("hex")
  return {
    type: "library",
    ...identityOf(name, version),
    scope: optional ? "optional" : "required",
    hashes: [{ alg: algorithms[algorithm] ?? algorithm, content }],
    licenses: license === undefined ? [] : [{ expression: license }],
  }
}

function identityOf(name: string, version: string): object {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`
  return { "bom-ref": purl, name, version, purl }
}

const lock = readFileSync(join(import.meta.dirname, "../package-lock.json"), "utf8")
process.stdout.write(`${JSON.stringify(billOf(JSON.parse(lock) as LockFile), undefined, 2)}\n`)
