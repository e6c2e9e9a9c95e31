/** Where the code of a thread is: beside the file that starts it, as TypeScript here and compiled where published. */

import { extname } from "node:path"

/** @param name of the file, without its extension @param importMetaUrl `import.meta.url` of who starts the thread */
export function threadUrl(name: string, importMetaUrl: string): URL {
  return new URL(`./${name}${extname(new URL(importMetaUrl).pathname)}`, importMetaUrl)
}
