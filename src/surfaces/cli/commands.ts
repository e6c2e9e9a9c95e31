/** What every command gets, and what the command line needs of the program around it. */

import type { Command } from "commander"
import type { Verdict } from "../../domain/audit/verdict.ts"
import type { ClientFiles } from "../client-tls.ts"

/** A setting of the configuration, as far as flags must know it. */
export type CliSetting = {
  readonly key: string
  readonly flag: string
  readonly sentence: string
  readonly default: unknown
  readonly unit?: string
  readonly bare?: true
  readonly secret?: true
}

export type CliConfig = {
  readonly data: string
  readonly servers: string
  readonly url: string | undefined
  readonly key: string | undefined
  readonly cli: ClientFiles
}

/** What was said of settings, by key; `config` names the file. */
type CliFlags = Readonly<Record<string, string>>

export type CliOptions<Config extends CliConfig = CliConfig> = {
  readonly version: string
  readonly settings: readonly CliSetting[]
  /** @throws GatewayError `invalid` */
  readonly load: (flags: CliFlags) => Promise<LoadedCliConfig<Config>>
  /** @throws GatewayError `invalid` where the gateway would not start with it */
  readonly validate: (config: Config) => void
  readonly serve: (config: Config) => Promise<number>
  readonly stdio: (config: Config) => Promise<number>
  /** Loads what it takes to verify an audit log without a gateway. */
  readonly verify: () => Promise<Verification>
}

/** What whoever verifies has kept elsewhere: the line of a public key, and checkpoints, one note after another. */
type Given = { readonly publicKey?: string; readonly checkpoints?: string }

/** Both throw GatewayError `invalid` where there is no log, or what was given is no key or no checkpoint. */
type Verification = {
  readonly verifyDataFolder: (asked: Given & { readonly data: string }) => Promise<Verdict>
  readonly verifyExport: (lines: AsyncIterable<string>, given: Given) => Promise<Verdict>
}

type LoadedCliConfig<Config> = {
  readonly config: Config
  readonly origins: readonly { readonly key: string; readonly value: unknown; readonly from: string }[]
}

/** A command's action; the number is its exit code. */
export type Run = (options: CliOptions, flags: CliFlags, command: Command) => Promise<number>

export const exitCodesHelp = `
Exit codes: 0, done and fine; 1, what was asked about is not fine, or was refused; 2, wrong usage or configuration;
3, no gateway answers, or the key does not open it or may not do that.`

/** 0 is fine; the thing asked about is not; usage or configuration; not reachable or not authorised. */
export const exitCodes = { fine: 0, notFine: 1, usage: 2, unreachable: 3 } as const
