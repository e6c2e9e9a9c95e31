/** Every feature that crosses, in the order of docs/eras.md. */
import type { Feature } from "./feature.ts"
import { completion, prompts, resources, templates, tools } from "./features/lists.ts"
import { cancel, listChange, logging, progress, resourceUpdate } from "./features/news.ts"
import { form, roots, sampling, url } from "./features/questions.ts"
import { tasks } from "./features/tasks.ts"

export const features: readonly Feature[] = [
  tools,
  prompts,
  resources,
  templates,
  completion,
  progress,
  logging,
  cancel,
  listChange,
  resourceUpdate,
  form,
  url,
  sampling,
  roots,
  tasks,
]
