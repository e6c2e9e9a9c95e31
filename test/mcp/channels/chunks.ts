/** Cuts a stream of bytes as a network might, for the tests that say it must not matter. */

export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((left, right) => left - right)
  return places.map((place, index) => Buffer.from(bytes.subarray(places[index - 1] ?? 0, place)))
}
