/** Looking at what a service says of itself before it is relied upon. What is looked for: docs/admission.md. */

import * as z from "zod"
import type { OperationNames } from "../../domain/admission/known-names.ts"
import { reportFor, reportOutput, sayReport } from "./admission-report.ts"
import { getSource, serviceNameInput } from "../services/find-service.ts"
import { defineOperation, type Operation } from "../operation.ts"

/** @param operationNames which no service should speak of, or take */
export function inspectService(operationNames: () => OperationNames): Operation {
  return defineOperation({
    name: "inspect_service",
    title: "Inspect what a service says of itself",
    summary:
      "Reports on the definitions of one service: findings by severity (hidden characters, names like those of others, texts that give instructions to a model, odd schemas), what it offers, and what its tools cost in tokens. A service that was not heard yet is asked what it offers, unless it is a program: that is never started for this. Calls no tool. The text of its tools is in get_service_tools.",
    group: "services",
    permission: "services:operate",
    effect: "execute",
    risk: "low",
    route: { method: "POST", path: "/services/{name}/inspect" },
    input: z.strictObject({ name: serviceNameInput }),
    output: reportOutput,
    run: async (context, { name }) => {
      const { definition } = getSource(context, name)
      const definitions = context.fleet.heard(name) ?? (await context.fleet.inspect(definition))
      return reportFor(context, definitions, operationNames())
    },
    say: sayReport,
  })
}
