/** `mcp-meta config`: the settings in effect, and where each comes from. */

import { visibleLine } from "../../domain/visible-text.ts"
import { exitCodes, type Run } from "./commands.ts"
import { print, printJson } from "./screen.ts"

export const showConfig: Run = async ({ load, validate, settings }, flags, command) => {
  const { json, validate: only } = command.opts<{ readonly json?: true; readonly validate?: true }>()
  const { config, origins } = await load(flags)
  validate(config)
  const secret = new Set(settings.filter((setting) => setting.secret).map(({ key }) => key))
  const shown = origins.map(({ key, value, from }) => ({
    key,
    value: secret.has(key) && value !== undefined ? "***" : value,
    from,
  }))
  if (only) print("The configuration is valid.")
  else if (json)
    printJson(Object.fromEntries(shown.map(({ key, value, from }) => [key, { value: value ?? null, from }])))
  else print(table(shown))
  return exitCodes.fine
}

function table(rows: readonly { readonly key: string; readonly value: unknown; readonly from: string }[]): string {
  const width = Math.max(...rows.map(({ key }) => key.length))
  return rows
    .map(({ key, value, from }) => visibleLine(`${key.padEnd(width)}  ${JSON.stringify(value) ?? "-"}  (${from})`))
    .join("\n")
}
