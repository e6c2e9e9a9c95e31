/** The way of unwritable.ts that needs mounts of its own: `unshare -Urm node disk-full.ts` prints what it found. */

import { suffer } from "./suffering.ts"
import { diskFull } from "./unwritable-causes.ts"

console.log(JSON.stringify(await suffer(diskFull)))
