/** Settings of the configuration as flags of a command. */

import { Option, type Command } from "commander"
import type { CliSetting } from "./commands.ts"

/**
 * Adds the flags, and keeps what they say; said twice, the latter holds. A flag that an operation has for itself stays
 * its own: in front of the command's name it still means the setting.
 *
 * @param said by key; `config` names the file
 */
export function addSettings(
  command: Command,
  settings: readonly CliSetting[],
  said: Record<string, string>,
): void {
  const taken = new Set(command.options.map(({ long }) => long))
  for (const setting of settings) {
    if (taken.has(setting.flag)) command.addHelpText("after", shadowed(setting))
    else command.addOption(toOption(setting).argParser((value: string) => (said[setting.key] = value)))
  }
  if (taken.has("--config")) return
  const file = new Option(
    "--config <file>",
    "the configuration file (default: mcp-meta.yaml, .yml or .json of this folder)",
  )
  command.addOption(file.argParser((value: string) => (said["config"] = value)))
}

function toOption({ key, flag, sentence, bare, unit, default: standard }: CliSetting): Option {
  const hasDefault = typeof standard === "string" || typeof standard === "number"
  const remarks = [unit, hasDefault ? `default: ${standard}` : undefined].filter((part) => part !== undefined)
  const about = remarks.length > 0 ? `${sentence} (${remarks.join("; ")})` : sentence
  const option = new Option(`${flag} ${bare ? "[true|false]" : "<value>"}`, about)
  if (bare) option.preset("true")
  return key.startsWith("limits.") ? option.hideHelp() : option // docs/configuration.md has them all
}

function shadowed({ flag, sentence }: CliSetting): string {
  return `\nIn front of the command's name, ${flag} is the gateway's: ${sentence}`
}
