/**
 * What an interpreter may be told: flags that are known to be harmless, and then a script by its path. Flags are not
 * looked for that are bad, since there is always one more; what is not listed is refused.
 */

import { finding, type Finding } from "./finding.ts"
import { isPinnedNpm, programOf } from "./package-pins.ts"
import { pathProblem } from "./paths.ts"
import { kindOf } from "./program-names.ts"

export type Interpreter = "bun" | "deno" | "dotnet" | "java" | "node" | "perl" | "php" | "python" | "ruby"

type Flags = {
  readonly alone: readonly string[]
  /** `--flag=value`, by what stands before the value. */
  readonly withValue: readonly string[]
}

const denoScopes = "net env read write sys".split(" ").flatMap((what) => [`--allow-${what}`, `--deny-${what}`])

const harmless: Readonly<Record<Interpreter, Flags>> = {
  bun: { alone: ["--smol"], withValue: [] },
  deno: {
    alone: [
      ...denoScopes,
      ..."-A --allow-all --no-prompt --no-remote --cached-only --no-config --no-lock -q --quiet".split(" "),
    ],
    withValue: denoScopes.map((flag) => `${flag}=`),
  },
  dotnet: { alone: [], withValue: [] },
  java: { alone: ["-jar", "-server"], withValue: ["-Xmx", "-Xms", "-Xss"] },
  node: {
    alone:
      "--enable-source-maps --experimental-strip-types --no-deprecation --no-warnings --permission --trace-uncaught --trace-warnings --use-system-ca".split(
        " ",
      ),
    withValue: [
      "--allow-fs-read=",
      "--allow-fs-write=",
      "--disable-warning=",
      "--max-old-space-size=",
      "--stack-trace-limit=",
    ],
  },
  perl: { alone: ["-T", "-W", "-X", "-t", "-w"], withValue: [] },
  php: { alone: ["-n", "-q"], withValue: [] },
  python: {
    alone: ["-B", "-E", "-I", "-O", "-OO", "-P", "-S", "-b", "-bb", "-q", "-s", "-u"],
    withValue: [],
  },
  ruby: { alone: ["-w", "-W0", "--disable-gems", "--yjit"], withValue: [] },
}

/** Takes `run` in front. */
const withRun: ReadonlySet<Interpreter> = new Set(["bun", "deno"])
const inlineCode =
  /^(?:-[a-zA-Z]*[ceEpr]|--eval|--print|--require|--import|--loader|--experimental-loader|eval|repl|-)(?:[=].*)?$/s

/** @returns the path that it would run, where it runs one */
export function scriptOf(interpreter: Interpreter, args: readonly string[]): string | undefined {
  return args[scriptIndex(interpreter, args)]
}

/** What is wrong with its arguments, before the script and with the script itself. */
export function judgeInterpreter(interpreter: Interpreter, args: readonly string[]): Finding | undefined {
  const script = scriptOf(interpreter, args)
  if (script === undefined) return finding("command.script", `Give ${interpreter} a script by its absolute path.`)
  const [, remote] = (interpreter === "deno" && /^(?:npm|jsr):\/?(.+)$/.exec(script)) || []
  if (remote !== undefined) return judgeRemote(remote)
  if (script.startsWith("-") || inlineCode.test(script)) return refusedFlag(interpreter, script)
  if (interpreter === "java" && args[scriptIndex(interpreter, args) - 1] !== "-jar")
    return finding("command.script", "Give java a -jar by its absolute path.")
  const problem = pathProblem(script)
  if (problem !== undefined)
    return finding("command.script", `The script of ${interpreter} ${problem}; give its absolute path.`)
  if (interpreter === "dotnet" && !script.endsWith(".dll"))
    return finding("command.script", "Give dotnet a .dll by its absolute path.")
  return undefined
}

function scriptIndex(interpreter: Interpreter, args: readonly string[]): number {
  const { alone, withValue } = harmless[interpreter]
  const first = withRun.has(interpreter) && args[0] === "run" ? 1 : 0
  const isHarmless = (arg: string): boolean =>
    alone.includes(arg) || withValue.some((flag) => arg.startsWith(flag) && arg.length > flag.length)
  const found = args.slice(first).findIndex((arg) => !isHarmless(arg))
  return found < 0 ? args.length : first + found
}

function judgeRemote(named: string): Finding | undefined {
  if (!isPinnedNpm(named))
    return finding("command.unpinned", "Name the package with an exact version, such as npm:name@1.2.3.")
  return kindOf(programOf(named)).kind === "program"
    ? undefined
    : finding(
        "command.launcher",
        "This package runs code that it is told; name the one that is the service itself.",
      )
}

function refusedFlag(interpreter: Interpreter, flag: string): Finding {
  const shown = flag.split("=")[0]?.slice(0, 40) ?? ""
  if (inlineCode.test(flag))
    return finding(
      "command.inline-code",
      `${interpreter} would run code that stands in its arguments or comes over a pipe (${shown}); put the code into a file and give its absolute path.`,
    )
  return finding(
    "command.flag",
    `${interpreter} may not be given ${shown} here; give the absolute path of a script, with flags that load nothing.`,
  )
}
