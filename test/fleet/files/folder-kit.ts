/** A folder of services for a test, and what is heard and seen of it. */

import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { ServicesChange } from "../../../src/domain/services/service.ts"
import {
  openServersFolder,
  type ServersFolder,
  type ServersFolderOptions,
} from "../../../src/fleet/files/servers-d.ts"
import { makeFolder } from "../../support/folder.ts"

export type Place = {
  readonly folder: string
  /** Beside the folder. */
  readonly outside: string
  readonly drop: (file: string, content: unknown) => void
  readonly open: (options?: ServersFolderOptions) => Promise<ServersFolder>
}

export function place(t: TestContext): Place {
  const root = makeFolder()
  const folder = join(root, "servers.d")
  mkdirSync(folder, { mode: 0o700 })
  return {
    folder,
    outside: root,
    drop: (file, content) =>
      writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content), {
        mode: 0o600,
      }),
    open: async (options) => {
      const opened = await openServersFolder(folder, options)
      t.after(() => opened.close())
      return opened
    },
  }
}

export const names = (files: ServersFolder): string[] => files.list().map(({ definition }) => definition.name)
export const problems = (files: ServersFolder): string[] =>
  files.problems().map(({ file, message }) => `${file}: ${message}`)
const shown = ({ added, changed, removed }: ServicesChange): unknown => ({
  added: added.map(({ name }) => name),
  changed: changed.map(({ name }) => name),
  removed,
})

export function listen(files: ServersFolder): unknown[] {
  const heard: unknown[] = []
  files.onChange((change) => heard.push(shown(change)))
  return heard
}

export const nextChange = (files: ServersFolder): Promise<unknown> =>
  new Promise((resolve) => {
    const stop = files.onChange((change) => {
      stop()
      resolve(shown(change))
    })
  })
