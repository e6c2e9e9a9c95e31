/** Definitions of the services that the journeys put behind a gateway. */
import { join } from "node:path"
import { root } from "../support/process.ts"

type Stdio = {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const script = (path: string, ...args: readonly string[]): Stdio => ({
  command: "node",
  args: [join(root, path), ...args],
})

export const hello: Stdio = script("examples/hello-server/server.ts")
export const echo: Stdio = script("test/journeys/children/echo.ts")
export const stubborn: Stdio = script("test/journeys/children/echo.ts", "--stubborn")
