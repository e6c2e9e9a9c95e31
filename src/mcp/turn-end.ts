/**
 * What goes out in one turn of the event loop goes out together, at its end. Each write to a peer that waits wakes it,
 * and a wake costs more than the write; peers that are written to one right after the other are awake for the second.
 * Under load that halves what the kernel takes of a call; a call alone is not later by it, for its turn ends at once.
 */

type Act = () => void

let waiting: Act[] = []

export function atTurnEnd(act: Act): void {
  if (waiting.push(act) === 1) setImmediate(actAll)
}

function actAll(): void {
  const acts = waiting
  waiting = []
  let done = 0
  try {
    for (const act of acts) {
      done += 1
      act()
    }
  } finally {
    // One that threw takes no other with it.
    for (const act of acts.slice(done)) atTurnEnd(act)
  }
}
