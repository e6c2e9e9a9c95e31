/**
 * Which program a path stands for, as far as its name tells: versions, builds, suffixes, the letters before GNU's tools
 * and the scripts of package managers are seen through. The names themselves: program-tables.ts.
 */

import type { ContainerRunner } from "./containers.ts"
import type { Interpreter } from "./interpreters.ts"
import type { PackageRunner } from "./package-runners.ts"
import {
  containerRunners,
  gnuTools,
  interpreters,
  languages,
  launchers,
  launchingArchives,
  launchingPackages,
  packageRunners,
  shells,
} from "./program-tables.ts"

export type Kind =
  | { readonly kind: "shell" }
  | { readonly kind: "launcher" }
  | { readonly kind: "program" }
  | { readonly kind: "interpreter"; readonly name: Interpreter }
  | { readonly kind: "package"; readonly name: PackageRunner }
  | { readonly kind: "container"; readonly name: ContainerRunner }

/** @param path of a program or a script, with `/` or `\` */
export function kindOf(path: string): Kind {
  const base = (path.split(/[/\\]/).at(-1) ?? "").toLowerCase()
  if (isLoader.test(base) || isArchive(base) || isGnu(base)) return { kind: "launcher" }
  const name = ofManager.exec(base)?.[1] ?? base.replace(suffix, "")
  const kinds = [name, withoutVersion(name)].map(kindByName)
  return kinds.find(isKnown) ?? kindByBuild(name)
}

/** Whether it takes a language's or a shell's code. */
export function isRuntime(name: string): boolean {
  const { kind } = kindOf(name)
  return kind === "shell" || kind === "interpreter" || languages.has(name)
}

const isLoader = /^ld(?:-[a-z0-9_-]{1,32})?[.-].{0,32}so/

/** How packages and systems spell one and the same program. */
const suffix =
  /\.(?:basic|bat|bin|cmd|com|debug|default|distrib|exe|nosuid|nox|openbsd|real|static|suid|tiny|traditional)$/
const ofManager = /^((?:corepack|npm|npm-cli|npx|npx-cli|pnpm|pnpx|yarn|yarnpkg)(?=\.))/

/** `composer-2.8.1.phar` is composer.phar. */
function isArchive(base: string): boolean {
  const [, stem = "", type] = /^(.*)\.(dll|jar|phar)$/s.exec(base) ?? []
  return type !== undefined && launchingArchives.has(`${withoutVersion(stem)}.${type}`)
}

/** `genv`, `gnuenv` and `uu-env` are env. */
function isGnu(base: string): boolean {
  const [, name = ""] = /^(?:gnu-?|g|uu[-_]|uutils-)(.*)$/s.exec(base.replace(suffix, "")) ?? []
  return gnuTools.has(name) || gnuTools.has(withoutVersion(name))
}

/** `python3.11` is python, `bash-5.2` bash; `service.js` is nothing known. */
function withoutVersion(name: string): string {
  return name.replace(/[-._\d]{1,32}(?:(?<=\d)[dmt]{1,2})?$/, "")
}

const build =
  /[-_.](?:aarch64|amd64|android|arm64|armhf|armv\w{1,4}|baseline|beta|canary|current|darwin|dbg|debug|dev|embedded|freebsd|freethreaded|full|glibc|gnu|gnueabihf|i[3-6]86|intel64|latest|linux|lts|macos|minimal|musl|nightly|nogil|pc|portable|ppc64le|preview|profile|rc|riscv64|s390x|stable|standalone|static|unknown|win|win32|win64|windows|x64|x86|x86[-_]64)$/

/** More parts than any name has. */
const maxParts = 8

/** `deno-canary` is deno, `perl5.36-x86_64-linux-gnu` perl. Only of what has such builds: `service-linux` is any service. */
function kindByBuild(whole: string): Kind {
  let name = whole
  for (let part = 0; part < maxParts; part++) {
    const shorter = build.test(name) ? name.replace(build, "") : withoutVersion(name)
    if (shorter === name) break
    name = shorter
    const kind = kindByName(name)
    if (isKnown(kind) && (kind.kind !== "launcher" || languages.has(name))) return kind
  }
  return { kind: "program" }
}

function kindByName(name: string): Kind {
  if (shells.has(name)) return { kind: "shell" }
  if (launchers.has(name) || languages.has(name) || launchingPackages.has(name)) return { kind: "launcher" }
  const interpreter = own(interpreters, name)
  if (interpreter) return { kind: "interpreter", name: interpreter }
  const runner = own(packageRunners, name)
  if (runner) return { kind: "package", name: runner }
  const container = own(containerRunners, name)
  return container ? { kind: "container", name: container } : { kind: "program" }
}

function isKnown({ kind }: Kind): boolean {
  return kind !== "program"
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
