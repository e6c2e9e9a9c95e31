/**
 * The rules of risk: one table, read from top to bottom. A rule sees one change as it would be made and who asks for it.
 * It is about harm, not about rights: those were checked where the change was drafted. What the rules come to: risk.ts.
 */

import { isDeepStrictEqual } from "node:util"
import { loosensNetwork } from "../services/network-rules.ts"
import { isLooserPolicy } from "../policy/compare.ts"
import { isLooser } from "../quota/compare.ts"
import {
  onService,
  onValue,
  unruled,
  loosensPin,
  isNewPerson,
  isNothing,
  isWider,
  approves,
  isRevoked,
  isNewlyLive,
  type Applies,
} from "./risk-questions.ts"
import {
  hasNewAddress,
  isKnownWay,
  networkOf,
  offeredOf,
  reachOf,
  sharedOf,
  sendsElsewhere,
  wordsOf,
} from "../services/service-reach.ts"

export const riskClasses = ["low", "medium", "high"] as const
export type RiskClass = (typeof riskClasses)[number]

export type Rule = {
  /** Public: plans and the documentation name it. */
  readonly id: string
  /** `agents` are agents and workloads. */
  readonly class: RiskClass | { readonly people: RiskClass; readonly agents: RiskClass }
  /** Follows "because it". */
  readonly reason: string
  readonly applies: Applies
}

const highForAgents = { people: "medium", agents: "high" } as const

export const riskRules: readonly Rule[] = [
  {
    id: "service-reaches-machine",
    class: "high",
    reason: "starts a program on this machine, or gives away what is kept on it, in a way that is new",
    applies: onService(({ before, after }) => !!after && !!reachOf(after) && !isKnownWay(before, after)),
  },
  {
    id: "service-takes-headers-elsewhere",
    class: "high",
    reason: "sends headers that were kept for one host to another",
    applies: onService(({ before, after }) => !!before && !!after && sendsElsewhere(before, after)),
  },
  {
    id: "service-new-address",
    class: highForAgents,
    reason: "lets the gateway speak to an address it did not speak to before",
    applies: onService(({ before, after }) => !!after && hasNewAddress(before, after)),
  },
  {
    id: "service-network",
    class: "high",
    reason: "lets a service be at addresses, or in clear, where it could not be before",
    applies: onService(({ before, after }) => !!after && loosensNetwork(networkOf(before), networkOf(after))),
  },
  {
    id: "service-new-words",
    class: highForAgents,
    reason: "changes under which names and with which descriptions models see tools",
    applies: onService(({ before, after }) => !!after && !isDeepStrictEqual(wordsOf(before), wordsOf(after))),
  },
  {
    id: "service-offers",
    class: highForAgents,
    reason: "changes which of a service's tools and methods are offered",
    applies: onService(
      ({ before, after }) => !!before && !!after && !isDeepStrictEqual(offeredOf(before), offeredOf(after)),
    ),
  },
  {
    id: "service-tags",
    class: highForAgents,
    reason: "changes the tags by which policies know a service",
    applies: onService(({ before, after }) => !!before && !!after && !isDeepStrictEqual(before.tags, after.tags)),
  },
  {
    id: "service-shared",
    class: highForAgents,
    reason: "changes who shares connections, answers or credentials with whom",
    applies: onService(
      ({ before, after }) => !!before && !!after && !isDeepStrictEqual(sharedOf(before), sharedOf(after)),
    ),
  },
  {
    id: "service-record",
    class: "high",
    reason: "changes what the audit log keeps of a service's calls",
    applies: onService(
      ({ before, after }) => !!after && !isDeepStrictEqual(before?.audit ?? unruled, after.audit),
    ),
  },
  {
    id: "service-price",
    class: "high",
    reason: "changes what calls cost, and with it how far quotas reach",
    applies: onService(
      ({ before, after }) => !!after && !isDeepStrictEqual(before?.tools.cost ?? {}, after.tools.cost),
    ),
  },
  {
    id: "service-trusted",
    class: "high",
    reason: "trusts the results of a service that were not trusted before",
    applies: onService(({ before, after }) => before?.trust === "untrusted" && after?.trust === "trusted"),
  },
  {
    id: "service-pin",
    class: "high",
    reason: "lets definitions of a service be approved by themselves",
    applies: (change) => change.subject === "service" && loosensPin(change),
  },
  {
    id: "definitions-approved",
    class: highForAgents,
    reason: "lets models see definitions that nobody had approved",
    applies: ({ subject }) => subject === "pins",
  },
  {
    id: "service-off",
    class: "medium",
    reason: "takes a service's tools away from everyone",
    applies: onService(({ before, after }) => before?.enabled === true && after?.enabled === false),
  },
  {
    id: "service-on",
    class: "medium",
    reason: "starts a service that was turned off",
    applies: onService(({ before, after }) => before?.enabled === false && after?.enabled === true),
  },
  {
    id: "service-removed",
    class: "high",
    reason: "removes a service for good",
    applies: onService(({ after }) => after === undefined),
  },
  {
    id: "principal-new-with-grants",
    class: "high",
    reason: "lets somebody new in who may do something",
    applies: onValue("principal", ({ before, after }) => !before && !!after && !isNothing(after.grants)),
  },
  {
    id: "principal-new-with-password",
    class: highForAgents,
    reason: "makes a credential of another principal, with which it can sign in at once",
    applies: onValue("principal", ({ before, after }) => !before && after?.passwordHash !== undefined),
  },
  {
    id: "person-made-by-program",
    class: "high",
    reason: "lets a program make somebody who counts as a person, whose changes may need no approval",
    applies: (change, actor) => actor.kind !== "human" && isNewPerson(change, actor),
  },
  {
    id: "grants-wider",
    class: "high",
    reason: "lets a principal do more than it may now",
    applies: onValue("principal", ({ before, after }) => !!before && !!after && isWider(before, after)),
  },
  {
    id: "grants-changed",
    class: "medium",
    reason: "changes what a principal may do",
    applies: onValue(
      "principal",
      ({ before, after }) => !!before && !!after && !isDeepStrictEqual(before.grants, after.grants),
    ),
  },
  {
    id: "principal-password",
    class: "high",
    reason: "changes the password of a principal",
    applies: onValue(
      "principal",
      ({ before, after }) => !!before && !!after && before.passwordHash !== after.passwordHash,
    ),
  },
  {
    id: "principal-removed",
    class: "high",
    reason: "removes a principal, or keeps it out",
    applies: onValue(
      "principal",
      ({ before, after }) => !!before && (!after || (!before.disabled && after.disabled)),
    ),
  },
  {
    id: "principal-team",
    class: highForAgents,
    reason: "puts a principal under the rules of another team",
    applies: onValue("principal", ({ before, after }) => !!after && before?.team !== after.team),
  },
  {
    id: "approver-lost",
    class: "high",
    reason: "takes away from somebody the right to approve what others propose",
    applies: onValue(
      "principal",
      ({ before, after }) => !!before && approves(before) && !(after && approves(after)),
    ),
  },
  {
    id: "key-for-another",
    class: "high",
    reason: "makes a credential of another principal",
    applies: (change, { id }) =>
      change.subject === "key" && isNewlyLive(change) && change.after?.principalId !== id,
  },
  {
    id: "key-for-oneself",
    class: "medium",
    reason: "makes another credential of one's own",
    applies: (change, { id }) =>
      change.subject === "key" && isNewlyLive(change) && change.after?.principalId === id,
  },
  {
    id: "key-of-another-revoked",
    class: highForAgents,
    reason: "ends a credential of another principal for good",
    applies: (change, { id }) =>
      change.subject === "key" && isRevoked(change) && change.before?.principalId !== id,
  },
  {
    id: "own-key-revoked",
    class: "medium",
    reason: "ends a credential of one's own for good",
    applies: (change, { id }) =>
      change.subject === "key" && isRevoked(change) && change.before?.principalId === id,
  },
  {
    id: "quota-looser",
    class: "high",
    reason: "lets more be used than a quota does now",
    applies: onValue("quota", ({ before, after }) => !!before && (!after || isLooser(before, after))),
  },
  {
    id: "quota-tighter",
    class: "medium",
    reason: "lets less be used than now",
    applies: onValue("quota", ({ before, after }) => !!after && (!before || !isLooser(before, after))),
  },
  {
    id: "policy-looser",
    class: "high",
    reason: "lets calls through that policies stop now, or that grants do not allow",
    applies: onValue("policy", ({ before, after }) => isLooserPolicy(before, after)),
  },
  {
    id: "policy-changed",
    class: "medium",
    reason: "changes which calls are let through",
    applies: onValue("policy", ({ before, after }) => !isLooserPolicy(before, after)),
  },
  {
    id: "cannot-be-undone",
    class: "high",
    reason: "touches the audit log itself, and cannot be undone",
    applies: ({ subject }) => subject === "deed",
  },
]
