/**
 * What `strace -f -y` wrote: each system call with its place in the order of all. A call that others came in between is
 * two lines, `... <unfinished ...>` and `<... name resumed>...`. strace stops a thread before each call and after it, so
 * a call that ended on an earlier line than another began was over before that one had any effect.
 */

import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"

export type SystemCall = {
  readonly name: string
  /** Of the file or the socket that its first argument stands for. */
  readonly on: string
  /** As strace prints it: `"` is `\"`. */
  readonly data: string
  /** Lines of the file. */
  readonly beganAt: number
  readonly endedAt: number
  readonly hasFailed: boolean
}

const begin = /^(\d+) +(?:[\d:.]+ )?(\w+)\(\d+<([^>]*(?:->[^>]*)?)>+/
const resumed = /^(\d+) +(?:[\d:.]+ )?<\.\.\. \w+ resumed>/
const failed = /\) += -1 /

/** In the order in which they ended. */
export async function* readSystemCalls(path: string): AsyncGenerator<SystemCall> {
  const open = new Map<string, Omit<SystemCall, "endedAt" | "hasFailed">>()
  let line = 0
  for await (const text of createInterface({ input: createReadStream(path, "latin1") })) {
    line += 1
    const [, again] = resumed.exec(text) ?? []
    const pending = again === undefined ? undefined : open.get(again)
    if (again !== undefined && pending) {
      open.delete(again)
      yield { ...pending, endedAt: line, hasFailed: failed.test(text) }
      continue
    }
    const [, pid, name, on] = begin.exec(text) ?? []
    if (pid === undefined || name === undefined || on === undefined) continue
    const call = { name, on, data: text, beganAt: line }
    if (text.endsWith("<unfinished ...>")) open.set(pid, call)
    else yield { ...call, endedAt: line, hasFailed: failed.test(text) }
  }
}
