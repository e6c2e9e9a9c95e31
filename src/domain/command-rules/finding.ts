/** What is wrong with a command line: the rule that refuses it, and a sentence that says what to do instead. */

export type Rule =
  | "command.characters"
  | "command.relative"
  | "command.path"
  | "command.shell"
  | "command.launcher"
  | "command.system"
  | "command.inline-code"
  | "command.flag"
  | "command.script"
  | "command.unpinned"
  | "command.container"
  | "command.environment"
  | "command.folder"

export type Finding = { readonly rule: Rule; readonly sentence: string }

export function finding(rule: Rule, sentence: string): Finding {
  return { rule, sentence }
}
