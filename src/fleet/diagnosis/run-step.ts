/** One step of a diagnosis, as those who know how to take it see it. */

import type { DiagnosisStep } from "../../domain/diagnosis.ts"

/** Notes how the work went; the sentence says what was found. Rejects where the diagnosis ends here. */
export type RunStep = <T>(
  step: DiagnosisStep["step"],
  work: () => Promise<T>,
  say: Say<T>,
  /** Where the work began before. */
  beganMs?: number,
) => Promise<T>

/** What was found, with what there is to mend although it went well. */
export type Say<T> = (found: T) => string | Required<Pick<DiagnosisStep, "message" | "cause">>
