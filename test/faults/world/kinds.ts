/** Every way in which a service may do harm, by name. A row each in the tables of kinds/; played by service/main.ts. */

import { death } from "./kinds/death.ts"
import { floods } from "./kinds/floods.ts"
import { garbage } from "./kinds/garbage.ts"
import { lists } from "./kinds/lists.ts"
import { silence } from "./kinds/silence.ts"
import { size } from "./kinds/size.ts"
import { wrongIds } from "./kinds/ids.ts"
import type { Kinds } from "./service/kind.ts"

export const kinds: Kinds = { ...silence, ...death, ...garbage, ...size, ...wrongIds, ...floods, ...lists }
