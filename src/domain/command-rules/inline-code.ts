/**
 * Whether an argument of a program that nobody knows looks like code that it is to run: a runtime under a name of its
 * own is told its code as it would be under any other. Names that are known: program-tables.ts.
 */

/** What such a flag is told may have any meaning elsewhere: only a shell's or a language's characters make it code. */
const flag = /^(?:-l?[ce]|--eval|--exec|--command|-Command|\/c)$/i
const codeCharacter = /[\s();|&`$<>]/

/** Flags that runtimes take for code, and other programs for a port or a path: only a call makes it code. */
const seldomFlag = /^(?:-[a-z]{0,4}[cepr]|--print|--run|--call|--script|--evaluate|--execute|eval)$/i
/** `-e'code'` and `--eval=code`; where a value is named, as in `-endpoint=x`, it is no code. */
const joined = /^(?:-[a-z]{0,4}[cepr](?=[^=]*[(;`])|--(?:call|command|eval|evaluate|exec|execute|print|run)=)/i
const call = /[\w\])]\s*\(|[;`]|\$\(|\|\||&&/

/** @param before the argument that stands in front of it */
export function holdsCode(arg: string, before: string): boolean {
  if (flag.test(before) && codeCharacter.test(arg)) return true
  return (seldomFlag.test(before) || joined.test(arg)) && call.test(arg)
}
