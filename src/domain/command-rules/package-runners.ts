/** What may be said to programs that fetch a package and run it: which one, in which version, and what to tell it. */

import { finding, type Finding } from "./finding.ts"
import { isPinnedNpm, isPinnedPython, programOf } from "./package-pins.ts"
import { kindOf } from "./program-names.ts"

export type PackageRunner = "npx" | "bunx" | "uvx"

const harmless: Readonly<Record<PackageRunner, readonly string[]>> = {
  npx: ["-y", "--yes", "-q", "--quiet"],
  bunx: ["--bun", "--silent"],
  uvx: ["-q", "--quiet", "--isolated", "--offline", "--no-progress"],
}

const example: Readonly<Record<PackageRunner, string>> = {
  npx: "npx -y @scope/name@1.2.3",
  bunx: "bunx name@1.2.3",
  uvx: "uvx name@1.2.3, or uvx --from name[extra]==1.2.3 name",
}

export function judgePackageRunner(runner: PackageRunner, args: readonly string[]): Finding | undefined {
  const rest = args.slice(args.findIndex((arg) => !harmless[runner].includes(arg)))
  const [first = "", second = "", third = ""] = rest
  if (runner === "uvx" && first === "--from") return judgeFrom(second, third)
  if (first.startsWith("-"))
    return finding(
      /^(?:-c|--call)(?:=|$)/.test(first) ? "command.inline-code" : "command.flag",
      `${runner} may not be given ${first.split("=")[0]?.slice(0, 40)} here; write: ${example[runner]}.`,
    )
  if (!isPinned(runner, first)) return unpinned(runner)
  return kindOf(programOf(first)).kind === "program" ? undefined : launches(runner)
}

/** Another name than the package's may be any program of this machine. */
function judgeFrom(named: string, program: string): Finding | undefined {
  if (!isPinnedPython(named)) return unpinned("uvx")
  const isItsOwn = program.toLowerCase() === programOf(named).toLowerCase()
  if (!isItsOwn)
    return finding(
      "command.flag",
      `After --from uvx may only run the program named like the package: ${example.uvx}.`,
    )
  return kindOf(program).kind === "program" ? undefined : launches("uvx")
}

function launches(runner: PackageRunner): Finding {
  return finding(
    "command.launcher",
    `The package that ${runner} is given runs other programs, or code that it is told; name the package that is the service itself.`,
  )
}

function isPinned(runner: PackageRunner, named: string): boolean {
  return runner === "uvx" ? isPinnedPython(named) : isPinnedNpm(named)
}

function unpinned(runner: PackageRunner): Finding {
  return finding(
    "command.unpinned",
    `Name the package of a registry with its exact version: ${example[runner]}. What has none can be another program tomorrow.`,
  )
}
