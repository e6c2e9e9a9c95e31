/**
 * When the deadlines of open calls are looked at: one timer for all of them, and a ring of slots, each with those that
 * come due within the same tick. To enter and to leave costs a call two pointers each, where a timer of its own would
 * cost more than the rest of its way.
 */

/** Something that may come due. */
export interface Timed {
  /**
   * Looked at when it may be due, never before.
   * @param nowMs on the clock of `performance.now()`, as all times here
   * @returns when to look again; undefined where that is not wanted
   */
  look(nowMs: number): number | undefined
}

/** How late a deadline may be found, at most, while the process keeps up. */
const tickMs = 50
/** One turn of the ring is 51 s; what lies further ahead is looked at once a turn. */
const slotCount = 1_024

/** A link of the ring of one slot, which begins and ends with the slot itself. */
export class Place {
  readonly timed: Timed | undefined
  #before: Place = this
  #after: Place = this

  constructor(timed: Timed | undefined) {
    this.timed = timed
  }

  /** The next in the ring; itself where it is alone. */
  get after(): Place {
    return this.#after
  }

  enter(slot: Place): void {
    this.#before = slot.#before
    this.#after = slot
    slot.#before = this.#before.#after = this
  }

  /** @returns false where it stood in no ring */
  leave(): boolean {
    if (this.#after === this) return false
    this.#before.#after = this.#after
    this.#after.#before = this.#before
    this.#before = this.#after = this
    return true
  }
}

export class DeadlineWheel {
  readonly #slots = Array.from({ length: slotCount }, () => new Place(undefined))
  #size = 0
  /** The last tick whose slot was looked at. */
  #lookedTick = 0
  #timer: NodeJS.Timeout | undefined

  /** @returns what takes it out again */
  enter(timed: Timed, dueMs: number): Place {
    this.#timer ??= this.#start()
    const place = new Place(timed)
    this.#put(place, dueMs)
    return place
  }

  leave(place: Place): void {
    if (place.leave()) this.#size--
  }

  #start(): NodeJS.Timeout {
    this.#lookedTick = tickAt(performance.now())
    // What came while the process was held up is read first: it may be the answer, or push the deadline back.
    return setInterval(() => setImmediate(() => this.#turn()), tickMs)
  }

  #put(place: Place, dueMs: number): void {
    const tick = Math.max(tickAt(dueMs), this.#lookedTick) + 1
    place.enter(this.#slotOf(tick))
    this.#size++
  }

  #turn(): void {
    const nowMs = performance.now()
    const tick = tickAt(nowMs)
    // After a pause of the process there are several; more than a turn of the ring is the ring.
    const first = Math.max(this.#lookedTick + 1, tick - slotCount + 1)
    this.#lookedTick = tick
    for (let each = first; each <= tick; each++) this.#look(this.#slotOf(each), nowMs)
    if (this.#size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look(slot: Place, nowMs: number): void {
    if (slot.after === slot) return
    // Put aside first, for what is to be looked at a turn later goes back to the same slot.
    const aside = new Place(undefined)
    aside.enter(slot)
    slot.leave()
    for (let place = aside.after; place !== aside; place = aside.after) {
      this.leave(place)
      const nextMs = place.timed?.look(nowMs)
      if (nextMs !== undefined) this.#put(place, nextMs)
    }
  }

  #slotOf(tick: number): Place {
    const slot = this.#slots[tick % slotCount]
    if (!slot) throw new RangeError(`There is no slot for tick ${tick}.`)
    return slot
  }
}

function tickAt(ms: number): number {
  return Math.floor(ms / tickMs)
}
