/**
 * Which programs may be started on the word of an operation. A command line is harmless when it says by itself which
 * program runs: by an absolute path or a name that the operator lists, with no shell, no code in its arguments, and no
 * variable that loads something else. What is not known to be so is refused; an operator may still put it into a file.
 *
 * By kind of program: command-rules/. Where links lead is found out before, since nothing here touches a disk.
 */

import { judgeContainer } from "./command-rules/containers.ts"
import { finding, type Finding } from "./command-rules/finding.ts"
import { holdsCode } from "./command-rules/inline-code.ts"
import { judgeInterpreter, scriptOf } from "./command-rules/interpreters.ts"
import { judgePackageRunner } from "./command-rules/package-runners.ts"
import { isAbsolutePath, isOfRuntime, isOfSystem, isSystemScript, pathProblem } from "./command-rules/paths.ts"
import { kindOf } from "./command-rules/program-names.ts"
import { isDangerousVariable } from "./command-rules/variables.ts"
import type { StdioService } from "./services/service.ts"

/** What is started. */
export type Program = Pick<StdioService, "command" | "args" | "env" | "cwd">

export type CommandTerms = {
  /** Names that may stand for a program without its path, and paths of programs of the system. */
  readonly names: readonly string[]
  /** Where a path leads when all links are followed; itself where nobody knows. */
  readonly realPathOf: (path: string) => string
}

/** The paths whose links matter: of the program, and of the script that it runs. */
export function pathsOf({ command, args }: Program): readonly string[] {
  const known = kindOf(command)
  const script = known.kind === "interpreter" ? scriptOf(known.name, args) : undefined
  return [command, ...(script === undefined ? [] : [script])].filter(isAbsolutePath)
}

/** @returns the first rule that refuses it */
export function judgeCommand(program: Program, { names, realPathOf }: CommandTerms): Finding | undefined {
  const real = { ...program, command: realPathOf(program.command) }
  return (
    judgeName(program.command, names) ??
    judgeProgram(program, { names, realPathOf }) ??
    (real.command === program.command ? undefined : judgeLink(program, real, { names, realPathOf })) ??
    judgeFolder(program) ??
    judgeVariables(program)
  )
}

/** Spaces too: what they part belongs into `args`. */
const oddCharacter = /[\s~*?"'`|&;<>$(){}]|\p{C}/u

function judgeName(command: string, names: readonly string[]): Finding | undefined {
  if (oddCharacter.test(command))
    return finding(
      "command.characters",
      '"command" holds a space or a character that means something to a shell; name the program alone, and its arguments in "args".',
    )
  if (names.includes(command)) return undefined
  if (!isAbsolutePath(command))
    return finding(
      "command.relative",
      '"command" must be an absolute path, or a name that the operator lists in the setting stdio.commands.',
    )
  const problem = pathProblem(command)
  return problem === undefined ? undefined : finding("command.path", `"command" ${problem}; write it out.`)
}

/** Who lists a link lists what it leads to. */
function judgeLink(program: Program, real: Program, { names, realPathOf }: CommandTerms): Finding | undefined {
  const listed = names.includes(program.command) ? [...names, real.command] : names
  return judgeProgram(real, { names: listed, realPathOf })
}

function judgeProgram({ command, args, cwd }: Program, { names, realPathOf }: CommandTerms): Finding | undefined {
  const known = kindOf(command)
  if (known.kind === "shell") return noShell()
  if (known.kind === "launcher") return noLauncher()
  if (known.kind === "package")
    return judgePackageRunner(known.name, args) ?? (cwd === undefined ? undefined : readsFolder(known.name))
  if (known.kind === "container") return judgeContainer(args)
  if (known.kind === "program")
    return (names.includes(command) ? undefined : judgePlace(command)) ?? judgeUnknown(args)
  const wrong = judgeInterpreter(known.name, args)
  if (wrong) return wrong
  if (cwd !== undefined && (known.name === "bun" || known.name === "deno")) return readsFolder(known.name)
  return judgeScript(realPathOf(scriptOf(known.name, args) ?? ""), names)
}

/** An interpreter would run the script of a package manager, or whatever a link leads to. */
function judgeScript(script: string, names: readonly string[]): Finding | undefined {
  if (!names.includes(script) && isSystemScript(script)) return judgePlace(script)
  if (kindOf(script).kind !== "program" || isOfRuntime(script) || isOfLauncher(script)) return noLauncher()
  return isAbsolutePath(script) && pathProblem(script) !== undefined
    ? finding("command.script", "The script leads to what is no file of a disk; give the file itself.")
    : undefined
}

/** A file of a package that runs others: its own name says nothing. */
function isOfLauncher(path: string): boolean {
  const inside = path.matchAll(
    /\/(?:node_modules|nodejs|site-packages|dist-packages)\/(?:@[^/]+\/)?([^/]+)(?=\/)/g,
  )
  return [...inside].some(([, name = ""]) => kindOf(name).kind !== "program")
}

function judgePlace(command: string): Finding | undefined {
  if (isOfLauncher(command)) return noLauncher()
  if (!isOfSystem(command)) return undefined
  return finding(
    "command.system",
    "This is a program of the system, and hardly a service; put the service elsewhere, or have the operator list this path in the setting stdio.commands.",
  )
}

/** An interpreter under a name of its own gives itself away by what it is told. */
function judgeUnknown(args: readonly string[]): Finding | undefined {
  if (!args.some((arg, index) => holdsCode(arg, args[index - 1] ?? ""))) return undefined
  return finding(
    "command.inline-code",
    "An argument holds code to run; put the code into a file, and give its path.",
  )
}

function judgeFolder({ cwd }: Program): Finding | undefined {
  if (cwd === undefined) return undefined
  const problem = pathProblem(cwd)
  return problem === undefined
    ? undefined
    : finding("command.folder", `"cwd" ${problem}; give an absolute path, or leave it out.`)
}

function judgeVariables({ env }: Program): Finding | undefined {
  const name = Object.keys(env).find(isDangerousVariable)
  if (name === undefined) return undefined
  return finding(
    "command.environment",
    `The variable ${name} can make a program load or trust something else; take it out of "env".`,
  )
}

function noShell(): Finding {
  return finding("command.shell", "A shell runs whatever it is told; name the program itself.")
}

function noLauncher(): Finding {
  return finding(
    "command.launcher",
    "This program runs others, or runs or writes what it is told; name the program that is the service itself.",
  )
}

function readsFolder(name: string): Finding {
  return finding("command.folder", `${name} reads settings from the folder it runs in; leave "cwd" out.`)
}
