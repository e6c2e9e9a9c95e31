/** Verifications of the audit log for the command line, which needs no gateway for them: of a data folder, of an export. */

import { join } from "node:path"
import type { Verdict } from "../domain/audit/verdict.ts"
import { verifyFolder } from "../stores/sqlite/verification/verify-folder.ts"
import type { GivenProof } from "../stores/sqlite/verification/verify-given.ts"

export { verifyExport } from "../stores/sqlite/exports/export-verify.ts"

type DataFolder = GivenProof & { readonly data: string }

/** Reads only, whether or not a gateway runs on it. @throws GatewayError `invalid` where there is no log */
export async function verifyDataFolder({ data, ...given }: DataFolder): Promise<Verdict> {
  return verifyFolder({ folder: join(data, "audit"), keysFolder: join(data, "keys"), ...given })
}
