/**
 * What may be said to programs that run containers: `run`, flags that give a container nothing of this machine, and an
 * image that says which one it is.
 */

import { finding, type Finding } from "./finding.ts"
import { isRuntime, kindOf } from "./program-names.ts"

export type ContainerRunner = "docker"

const alone = new Set("-i --interactive -t --tty -it -ti --rm --init --read-only --no-healthcheck".split(" "))
const withValue: Readonly<Record<string, RegExp>> = {
  "-e": /^[A-Za-z_]/,
  "--env": /^[A-Za-z_]/,
  "--cap-drop": /^[A-Za-z_]+$/,
  "--cpus": /^[\d.]+$/,
  "-m": /^\d+[bkmg]?$/i,
  "--memory": /^\d+[bkmg]?$/i,
  "--name": /^[A-Za-z0-9][\w.-]*$/,
  "--network": /^(?:none|bridge)$/,
  "--pids-limit": /^\d+$/,
  "--platform": /^[a-z0-9/]+$/,
  "--pull": /^(?:always|missing|never)$/,
  "--security-opt": /^no-new-privileges(?:[:=]true)?$/,
  "--user": /^[\w.:-]+$/,
  "-u": /^[\w.:-]+$/,
}

export function judgeContainer(args: readonly string[]): Finding | undefined {
  if (args[0] !== "run")
    return finding("command.container", "Containers may only be run: docker run -i --rm image:1.2.3.")
  let index = 1
  for (;;) {
    const taken = harmlessAt(args, index)
    if (taken === 0) break
    index += taken
  }
  const image = args[index] ?? ""
  if (image.startsWith("-"))
    return finding(
      "command.container",
      `A container may not be given ${image.split("=")[0]?.slice(0, 40)} here: it would get something of this machine, or nobody looked at what it does.`,
    )
  if (!isPinnedImage(image)) return unpinned()
  const [first = ""] = args.slice(index + 1)
  const isCode = first.startsWith("-") && isRuntime(nameOfImage(image))
  if (!isCode && kindOf(first).kind === "program") return undefined
  return finding(
    "command.launcher",
    "What the container is to run runs other programs, or code that it is told; use an image that is the service itself.",
  )
}

function unpinned(): Finding {
  return finding(
    "command.unpinned",
    "Name the image with a version or digest, such as image:1.2.3 or image@sha256:...; what has none can be another program tomorrow.",
  )
}

/** @returns how many arguments a harmless flag takes up; 0 for anything else */
function harmlessAt(args: readonly string[], index: number): number {
  const arg = args[index] ?? ""
  if (alone.has(arg)) return 1
  const [, name = arg, value] = /^(--[a-z-]+)=(.*)$/s.exec(arg) ?? []
  const allowed = Object.hasOwn(withValue, name) ? withValue[name] : undefined
  if (!allowed?.test(value ?? args[index + 1] ?? "")) return 0
  return value === undefined ? 2 : 1
}

/** `registry:5000/team/name:1.2@sha256:...` -> `name`; in the images of runtimes a flag behind it is the runtime's. */
function nameOfImage(image: string): string {
  const [, name = ""] = /([^/:@]*)(?::[^/:@]*)?(?:@.*)?$/.exec(image) ?? []
  return name
}

/** A tag that has no digit in it is a name for whatever is newest. */
function isPinnedImage(image: string): boolean {
  if (!/^[a-z0-9][a-z0-9._/:-]{0,200}(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(image)) return false
  if (image.includes("@sha256:")) return true
  const [, tag = ""] = /^[^:]*(?::\d+\/[^:]*)?:([^:/]+)$/.exec(image) ?? []
  return /\d/.test(tag)
}
