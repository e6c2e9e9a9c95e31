/** Wires the tasks: who may open their ids, and which are known here. */

import type { TaskCallsOptions } from "../call/tasks/sent.ts"
import { createTaskIds } from "../call/tasks/task-ids.ts"
import { TaskIndex } from "../call/tasks/task-index.ts"
import type { Services } from "./services.ts"
import type { Stores } from "./stores.ts"

type TaskServices = Pick<Services, "known"> & Pick<TaskCallsOptions, "fleet">

export function wireTasks({ sealer }: Pick<Stores, "sealer">, { fleet, known }: TaskServices): TaskCallsOptions {
  return {
    fleet,
    catalog: () => known().catalog,
    ids: createTaskIds(sealer, "task"),
    rounds: createTaskIds(sealer, "task-round"),
    index: new TaskIndex(),
  }
}
