/** One step of a diagnosis, as those who know how to take it see it. */

import type { DiagnosisStep } from "../../domain/fleet.ts"

/** Notes how the work went; the sentence says what was found. Rejects where the diagnosis ends here. */
export type RunStep = <T>(
  step: DiagnosisStep["step"],
  work: () => Promise<T>,
  say: (found: T) => string,
) => Promise<T>
