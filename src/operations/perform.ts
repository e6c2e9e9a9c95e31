/** The one way to perform an operation, whatever door it was asked at: who may, with which input, and what may leave. */

import type * as z from "zod"
import { listProblems } from "../domain/describe-issues.ts"
import { GatewayError } from "../errors.ts"
import { mutate } from "./changes/mutate.ts"
import type { Operation, OperationContext } from "./operation.ts"

export type Performed = { readonly output: Readonly<Record<string, unknown>>; readonly text: string }

/** Of its input, as much as the file of a service may hold: no operation has more to be told. */
export const maxInputBytes = 256 * 1_024

/**
 * @throws GatewayError `not_found` where the actor may not perform it, as if it did not exist; `invalid` for a wrong
 *   input; `internal` for a wrong output, which is our fault.
 */
export async function perform(
  operation: Operation,
  context: OperationContext,
  input: unknown,
): Promise<Performed> {
  if (!context.actor.may.holds(operation.permission))
    throw new GatewayError("not_found", `Unknown operation: ${operation.name}`)
  assertFew(operation, input)
  const read = operation.input.safeParse(input)
  if (!read.success) throw wrongInput(operation, read.error)
  const answer = "run" in operation ? operation.run(context, read.data) : mutate(operation, context, read.data)
  const output = operation.output.parse(await answer)
  return { output, text: operation.say(output) }
}

/** Far more than the largest service has to say; to check each value of a full input would take a tenth of a second. */
const maxValues = 10_000

/** @throws GatewayError `too_large` */
function assertFew({ name }: Operation, input: unknown): void {
  const waiting = [input]
  for (let seen = 0; seen < waiting.length; seen++) {
    const value = waiting[seen]
    if (typeof value !== "object" || value === null) continue
    for (const member of Object.values(value) as unknown[]) waiting.push(member)
    if (waiting.length > maxValues)
      throw new GatewayError("too_large", `${name} takes at most ${maxValues} values in all.`, {
        detail: { maxValues },
      })
  }
}

/** As many as help: the input is the caller's, and there is no end to what can be wrong with it. */
const maxProblems = 20
const maxProblemLength = 1_000

function wrongInput({ name, input }: Operation, error: z.ZodError): GatewayError {
  const problems = listProblems(error.issues.slice(0, maxProblems), input).map(clipped)
  const more = error.issues.length > maxProblems ? `; and ${error.issues.length - maxProblems} more` : ""
  return new GatewayError("invalid", `${name} was called wrongly. ${problems.join("; ")}${more}`, {
    detail: { problems },
  })
}

function clipped(problem: string): string {
  return problem.length > maxProblemLength ? `${problem.slice(0, maxProblemLength)}...` : problem
}
