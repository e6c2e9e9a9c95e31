/**
 * Answers to requests in which a service may ask nothing. An answer that asks all the same would hand the service's
 * state to a client unsealed, or be taken for a result by who never heard of such answers.
 */

import { GatewayError } from "../../errors.ts"
import { asksForInput } from "../../mcp/input-requests.ts"
import { isOfSpecification, type Answer } from "../../mcp/message.ts"

/**
 * The answer as it is. What a service means in methods of its own is known to it alone.
 *
 * @throws GatewayError `service_error`
 */
export function withoutQuestions(method: string, answer: Answer): Answer {
  if (!isOfSpecification(method) || !asksForInput(answer)) return answer
  throw new GatewayError(
    "service_error",
    `The service asks in its answer to ${method}, where MCP lets it ask nothing.`,
  )
}
