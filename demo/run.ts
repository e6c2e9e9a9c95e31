/** `npm run demo`: plays the story on a gateway of its own and prints what was said; exit 1 when a step fails. */

import { Actor } from "./actor.ts"
import { openStage, type Stage } from "./stage.ts"
import { scenes, type Cast } from "./story.ts"
import { Transcript } from "./transcript.ts"

const stage = await openStage()
try {
  const cast = await gather(stage)
  for (const [title, play] of scenes) {
    cast.told.scene(title)
    await play(cast)
  }
  await Promise.all([cast.olga.close(), cast.scout.close()])
} catch (thrown) {
  process.exitCode = 1
  process.stderr.write(`The demo went wrong: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`)
} finally {
  await stage.close()
}

/** Olga has the administrator's key; she makes the agent, which may configure and bring in programs, and no more. */
async function gather(stage: Stage): Promise<Cast> {
  const told = new Transcript((line) => process.stdout.write(`${line}\n`))
  const olga = await Actor.connect("olga", stage.url, stage.administratorsKey)
  const grants = { permissions: ["configure", "services:stdio:write"] }
  await olga.call("create_principal", { name: "scout", kind: "agent", grants })
  const { data } = await olga.call("create_key", { principal: "scout" })
  const scout = await Actor.connect("scout", stage.url, String(data["key"]))
  return { stage, olga, scout, told }
}
