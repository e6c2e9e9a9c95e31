/** Why a service cannot be reached, as far as a walk through a new connection shows it. Who walks: fleet/diagnosis. */

export const diagnosisSteps = ["definition", "dns", "tcp", "tls", "process", "auth", "handshake", "list"] as const

/** A closed list, since each has a remedy of its own: operations/services/diagnosis-remedies.ts. */
export const diagnosisCauses = [
  "value_missing",
  "not_allowed",
  "url_unreadable",
  "program_missing",
  "program_not_runnable",
  "folder_missing",
  "machine_full",
  "program_ended",
  "program_silent",
  "host_unknown",
  "port_closed",
  "host_unreachable",
  "no_tls",
  "certificate_refused",
  "credential_refused",
  "moved",
  "wrong_path",
  "wrong_type",
  "no_mcp",
  "wrong_revision",
  "busy",
  "failing",
  "broken_off",
  "silent",
  "lists_fail",
  "held_back",
  "awaits_approval",
  "unknown",
] as const
export type DiagnosisCause = (typeof diagnosisCauses)[number]

/** One step of a diagnosis, in the order in which a connection is made. */
export type DiagnosisStep = {
  readonly step: (typeof diagnosisSteps)[number]
  readonly ok: boolean
  readonly message: string
  readonly durationMs: number
  /** Of one that failed, or that went well with something to mend. */
  readonly cause?: DiagnosisCause
}
