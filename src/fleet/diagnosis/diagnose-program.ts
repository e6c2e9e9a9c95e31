/** The first steps of a diagnosis where the service is a program: it is found, and it starts. */

import { constants } from "node:fs"
import { access } from "node:fs/promises"
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path"
import type { StdioService } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import type { Channel } from "../../mcp/channels/channel.ts"
import type { LinkTarget } from "../../mcp/client/negotiate.ts"
import type { FleetContext } from "../context.ts"

/** Looks where the system will look when it starts the program. @throws GatewayError `service_unavailable` */
export async function findProgram(
  { command, cwd, env }: StdioService,
  { baseEnv, childFolder }: Pick<FleetContext, "baseEnv" | "childFolder">,
): Promise<void> {
  // What a placeholder stands for is found out by starting it.
  if (command.includes("${") || cwd?.includes("${")) return
  const path = env["PATH"] ?? [dirname(process.execPath), baseEnv["PATH"] ?? ""].join(delimiter)
  let isThere = false
  const folders = command.includes("/") ? [""] : path.split(delimiter)
  for (const folder of folders) {
    const candidate = isAbsolute(command)
      ? command
      : folder === ""
        ? resolve(cwd ?? childFolder, command)
        : join(folder, command)
    if (await may(candidate, constants.X_OK)) return
    isThere ||= await may(candidate, constants.F_OK)
  }
  if (isThere) {
    const text = "The program is there but may not be run; make it executable for the gateway's user."
    throw new GatewayError("service_unavailable", text, { detail: { missing: "permission" } })
  }
  throw new GatewayError("service_unavailable", 'The program was not found; install it, or correct "command".')
}

function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}

/** Starts it, and gives a target whose first opening is the program that runs now. */
export async function openProgram(target: LinkTarget): Promise<LinkTarget> {
  if (target.kind !== "channel") return target
  let first: Channel | undefined = await target.open()
  const open = async (): Promise<Channel> => {
    const opened = first ?? (await target.open())
    first = undefined
    return opened
  }
  return { kind: "channel", open }
}
