/** What is wrong with a service's definition, in words that name it. */

import { GatewayError } from "../../errors.ts"
import { visibleJson } from "../visible-text.ts"

/** @returns GatewayError `invalid` */
export function wrongService(name: string, sentence: string): GatewayError {
  return new GatewayError("invalid", `Service ${visibleJson(JSON.stringify(name))} is not right. ${sentence}`, {
    detail: { service: name },
  })
}
