/** A gateway whose administrator writes policies, and an agent that may use every tool. */

import { admins, all, openKit } from "./operations-kit.ts"

export type Row = { readonly id: string; readonly [member: string]: unknown }

export const ownCustomer = {
  id: "own",
  name: "Own customers",
  mode: "enforce",
  rules: [
    {
      id: "own-id",
      effect: "deny",
      target: { tools: ["crm__*"] },
      arguments: [{ pointer: "/customer_id", equalsPrincipal: "team", not: true }],
    },
  ],
}

export async function openPolicies(t: Parameters<typeof openKit>[0]) {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const ann = await kit.join("ann", { permissions: ["observe"], tools: all })
  const set = async (policy: object, actor = admin) =>
    (await kit.run(actor, "set_policy", { policy })) as { readonly policy: Row; readonly created: boolean }
  return { kit, admin, ann, set }
}
