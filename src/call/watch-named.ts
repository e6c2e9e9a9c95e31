/**
 * The part of a subscription that names what it is about: single resources and tasks, each watched for as long as the
 * principal may use it. Lists are compared in listen.ts.
 */

import type { Fleet } from "../domain/fleet.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { Notification } from "../mcp/message.ts"
import { toRaw, toRawObject, withMembers } from "../mcp/raw-json.ts"
import { authorize } from "./authorize.ts"
import type { CallRequest } from "./call.ts"
import type { ListSteps } from "./list.ts"
import type { OwnWatches } from "./own-watches.ts"
import { resolveUri, type Known } from "./resolve.ts"
import type { Target } from "./target.ts"
import { findTask } from "./tasks/resolve-task.ts"
import type { TaskCallsOptions } from "./tasks/sent.ts"
import { watchTask } from "./tasks/watch-tasks.ts"

export type WatchOptions = {
  readonly steps: ListSteps
  /** The snapshot of this moment. */
  readonly known: () => Known
  readonly fleet: Pick<Fleet, "watch" | "watchTask">
  readonly own: OwnWatches
  readonly tasks: TaskCallsOptions
}

export type Watching = {
  readonly principal: ActivePrincipal
  readonly call: CallRequest
  readonly tell: (update: Notification, uri: string) => void
  /** Aborts when the subscription ends, whoever ended it. */
  readonly over: AbortSignal
}

/** Something named, with what it is for this principal; without a target where it is nothing. */
export type Named<T> = { readonly name: string; readonly target: T | undefined }

export type TaskTarget = ReturnType<typeof findTask>

export function findNamed<T>(names: readonly string[] = [], find: (name: string) => T): readonly Named<T>[] {
  return names.map((name) => ({ name, target: orNothing(() => find(name)) }))
}

function orNothing<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (thrown) {
    return asDisagreed(thrown) || undefined
  }
}

/** @returns the names of those whose services tell of them */
export async function keepAgreed<T>(
  named: readonly Named<T>[],
  watch: (name: string, target: T) => Promise<boolean>,
): Promise<readonly string[]> {
  const agreed = await Promise.all(
    named.map(async ({ name, target }) => target !== undefined && watch(name, target).catch(asDisagreed)),
  )
  return named.filter((_one, index) => agreed[index]).map(({ name }) => name)
}

function asDisagreed(thrown: unknown): false {
  if (thrown instanceof GatewayError && thrown.code !== "internal") return false
  throw thrown
}

/** @throws GatewayError */
export function findWatchedTask({ known }: WatchOptions, { principal, call }: Watching, id: string): TaskTarget {
  const target = findTask(known(), principal, { mount: call.mount, id })
  authorize(known(), principal, target, { request: call })
  return target
}

/** @throws GatewayError */
export function findResource(
  { known }: Pick<WatchOptions, "known">,
  { principal, call }: Pick<Watching, "principal" | "call">,
  uri: string,
): Target {
  const target = resolveUri(known(), principal, call, uri)
  authorize(known(), principal, target, { request: call })
  return target
}

type Found<T> = { readonly name: string; readonly target: T }

export async function watchOneTask(
  { steps, known, fleet, tasks }: WatchOptions,
  { call, tell, over }: Watching,
  { name: id, target }: Found<TaskTarget>,
): Promise<boolean> {
  const onNews = (news: Notification): void => {
    if (mayStill({ steps, known }, call, target)) tell(news, id)
  }
  return watchTask({ tasks, fleet }, target, { call, tell: onNews, over })
}

export async function watchResource(
  { steps, known, fleet, own }: WatchOptions,
  { call, tell, over }: Watching,
  { name: uri, target }: Found<Target>,
): Promise<boolean> {
  const onUpdate = (update: Notification): void => {
    if (mayStill({ steps, known }, call, target)) tell(asAskedFor(update, uri), uri)
  }
  if (target.kind === "operation") {
    const { resource } = target
    if (!resource) return false
    const may = (): ActivePrincipal | undefined => whoMay({ steps, known }, call, target)
    await own.add({ resource, may, tell: () => onUpdate(updated(uri)) }, over)
    return true
  }
  if (target.kind !== "resource") return false
  return fleet.watch(target.entry.service, target.entry.uri, onUpdate, over)
}

function updated(uri: string): Notification {
  return { method: "notifications/resources/updated", params: toRawObject({ uri }) }
}

type Looking = Pick<WatchOptions, "steps" | "known">

function mayStill(options: Looking, call: CallRequest, target: Target): boolean {
  return whoMay(options, call, target) !== undefined
}

/** @returns undefined where grants were taken away or the key was: nobody waits for the error */
function whoMay({ steps, known }: Looking, call: CallRequest, target: Target): ActivePrincipal | undefined {
  try {
    const principal = steps.authenticate(call.caller)
    // Anew: what it names may be held back by now.
    if (target.kind === "resource") findResource({ known }, { principal, call }, target.asked.name)
    else authorize(known(), principal, target, { request: call })
    return principal
  } catch {
    return undefined
  }
}

/** The update under the URI that its receiver knows. */
function asAskedFor({ method, params }: Notification, uri: string): Notification {
  return { method, params: withMembers(params, { uri: toRaw(uri) }) }
}
