/** What a failed step of a diagnosis failed of: from the codes and facts of its error, never from its words. */

import type { DiagnosisCause, DiagnosisStep } from "../../domain/diagnosis.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import type { GatewayError } from "../../errors.ts"

type Failed = {
  readonly step: DiagnosisStep["step"]
  readonly error: GatewayError
  readonly type: ServiceDefinition["type"]
}

export function findCause({ step, error, type }: Failed): DiagnosisCause {
  const { code, detail } = error
  if (typeof detail["rule"] === "string") return "not_allowed"
  if (step === "definition") return ofDefinition(error)
  if (step === "dns") return "host_unknown"
  if (step === "tcp") return isRefused(error) ? "port_closed" : "host_unreachable"
  if (step === "tls")
    return /CERT|LEAF_SIGNATURE|INVALID_CA/.test(codeOf(error)) ? "certificate_refused" : "no_tls"
  if (step === "list") return "lists_fail"
  if (detail["exit"] !== undefined) return "program_ended"
  if (step === "process") return ofProcess(error)
  if (detail["supported"] !== undefined) return "wrong_revision"
  if (type === "stdio") return code === "timeout" ? "program_silent" : "no_mcp"
  return ofAddress(error)
}

function ofDefinition({ code, detail }: GatewayError): DiagnosisCause {
  if (typeof detail["source"] === "string") return "value_missing"
  if (detail["missing"] === "permission") return "program_not_runnable"
  return code === "invalid" ? "url_unreadable" : "program_missing"
}

const processCauses: Readonly<Record<string, DiagnosisCause>> = {
  ENOENT: "program_missing",
  ENOTDIR: "program_missing",
  EACCES: "program_not_runnable",
  EPERM: "program_not_runnable",
  ENOEXEC: "program_not_runnable",
  EMFILE: "machine_full",
  ENFILE: "machine_full",
  EAGAIN: "machine_full",
  ENOMEM: "machine_full",
}

function ofProcess(error: GatewayError): DiagnosisCause {
  if (error.detail["missing"] === "cwd") return "folder_missing"
  return processCauses[codeOf(error)] ?? "unknown"
}

function ofAddress(error: GatewayError): DiagnosisCause {
  const { code, detail } = error
  if (code === "timeout") return "silent"
  const { status } = detail
  if (typeof status === "number") return ofStatus(status)
  if (detail["sent"] === true && codeOf(error) !== "") return "broken_off"
  return "no_mcp"
}

function ofStatus(status: number): DiagnosisCause {
  if (status === 401 || status === 403 || status === 407) return "credential_refused"
  if (status >= 300 && status < 400) return "moved"
  if (status === 405 || status === 400) return "wrong_type"
  if (status === 408 || status === 429) return "busy"
  if (status >= 500) return "failing"
  return status >= 400 ? "wrong_path" : "no_mcp"
}

function isRefused(error: GatewayError): boolean {
  return codeOf(error) === "ECONNREFUSED" || codeOf(error) === "ENOENT"
}

/** The system's word for it. */
function codeOf({ cause }: GatewayError): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""
}
