/**
 * What all operations that change something have in common, put on in one place: `dry_run` in their input, and in their
 * output the plan that answers it. What happens between: mutate.ts.
 */

import * as z from "zod"
import type { Applied, ChangingOperation, Operation } from "../operation.ts"
import { planRow, sayPlan } from "../plans/plan-row.ts"

const dryRun = z
  .boolean()
  .optional()
  .describe("true changes nothing and answers with the plan: what would change, whom it affects, how risky it is.")

/** Input of every operation that changes something, beside its own. */
export type Asked<Input> = Input & { readonly dry_run?: boolean | undefined }

/** Also keeps the types of one operation while it joins a list of many. */
export function defineChange<Input extends z.ZodObject, Output extends z.ZodObject, Memo>(
  change: ChangingOperation<Input, Output, Memo>,
): Operation {
  const { input, output, summary } = change
  return {
    ...change,
    summary: `${summary} With dry_run it only plans.`,
    input: input.safeExtend({ dry_run: dryRun }),
    output: orPlan(output),
    tell: async (context, given, applied) =>
      output.parse(await change.tell(context, given as z.output<Input>, applied as Applied<Memo>)),
    say: (told) => {
      const plan = planRow.safeParse(told["plan"])
      return plan.success ? sayPlan(plan.data) : change.say(told as z.output<Output>)
    },
  }
}

/** Either all that the output must have, or a plan. An object still, as MCP wants the output of a tool to be. */
function orPlan(output: z.ZodObject): z.ZodObject {
  const required = Object.entries(output.shape).filter(([, member]) => !isOptional(member))
  return z
    .object({
      ...output.partial().shape,
      plan: planRow.optional().describe("With dry_run: in place of all others."),
    })
    .meta({ anyOf: [{ required: required.map(([name]) => name) }, { required: ["plan"] }] })
}

function isOptional(member: z.core.$ZodType): boolean {
  return z.safeParse(member, undefined).success
}
