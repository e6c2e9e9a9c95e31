/** Bringing a new service in: its file is written, and the answer waits until the service was heard. */

import * as z from "zod"
import { examineService } from "../definitions/examine-service.ts"
import type { OperationNames } from "../../domain/admission/known-names.ts"
import { readServiceFile, type ServiceDefinition } from "../../domain/services/service.ts"
import { GatewayError } from "../../errors.ts"
import { assertMayAccount } from "./accounting-rules.ts"
import { holdDefinition } from "./held-definition.ts"
import { assertMayReach } from "./machine-reach.ts"
import { defineChange } from "../changes/change-operation.ts"
import type { Operation, OperationContext } from "../operation.ts"
import { pinnedAs } from "../definitions/pin-rules.ts"
import { definitionFields } from "./service-fields.ts"
import { sayOutcome, serviceOutcome, tellOutcome } from "./service-outcome.ts"

const name = z
  .string()
  .min(1)
  .max(64)
  .describe('1 to 48 letters, digits, "-" and single "_"; its tools become name__tool, and it keeps it for good.')

/** @param operationNames those that no service may have */
export function registerService(operationNames: () => OperationNames): Operation {
  return defineChange({
    name: "register_service",
    title: "Register a service",
    summary:
      "Adds an MCP server to this gateway and connects to it. Give a url (with headers where it asks for a key), or a command with args for a program. Answers with its state, its tools under the names to call them by, and warnings; the tools can be called at once by whoever was granted them (set_grants). To change one that exists use update_service; when it is down ask diagnose_service.",
    group: "services",
    permission: "services:write",
    effect: "create",
    risk: "high",
    route: { method: "POST", path: "/services" },
    input: z.strictObject({ name, ...definitionFields }),
    output: serviceOutcome,
    draft: async (context, { name, ...fields }) => {
      if (operationNames().operations.includes(name)) throw nameTaken(name)
      assertServiceNameFree(context, name)
      const after = pinnedAs(context, withoutAbsent(fields))
      for (const definition of readServiceFile(name, after)) {
        assertMayReach(context, definition)
        assertMayAccount(context, definition)
      }
      const held = await holdDefinition(context, { name, raw: after })
      return { changes: [{ subject: "service", name, after: held }], memo: undefined }
    },
    examine: examineService(operationNames),
    tell: (context, { name }) => tellOutcome(context, name, []),
    say: sayOutcome,
  })
}

/** @throws GatewayError `conflict` */
export function assertServiceNameFree({ services }: Pick<OperationContext, "services">, name: string): void {
  if (services.list().some(({ definition }) => isSameName(definition, name))) throw alreadyThere(name)
}

/** Names that differ in case alone are one file on some machines, and one name to most people. */
function isSameName({ name }: ServiceDefinition, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase()
}

function alreadyThere(name: string): GatewayError {
  return new GatewayError(
    "conflict",
    `A service named ${name} is registered already; change it with update_service.`,
    {
      detail: { service: name },
      next: { operation: "update_service", arguments: { name } },
    },
  )
}

function nameTaken(name: string): GatewayError {
  return new GatewayError(
    "invalid",
    `${name} is the name of an operation of this gateway; give the service another.`,
  )
}

function withoutAbsent(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
