import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { compilePatterns, coversPattern, matchesPattern, overlapsPattern } from "../../src/domain/pattern.ts"

/** Few letters, so that matches are common. */
const patterns = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 })
const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 })
/** Names as they are, and ones in which a star stands for itself. */
const anyNames = fc.oneof(names, fc.string({ unit: fc.constantFrom("a", "*", "."), maxLength: 8 }))

/** Says the same in the slowest and plainest way. */
function matchesSlowly(pattern: string, text: string): boolean {
  if (pattern === "") return text === ""
  if (pattern[0] !== "*")
    return pattern[0] === text[0] && text !== "" && matchesSlowly(pattern.slice(1), text.slice(1))
  return matchesSlowly(pattern.slice(1), text) || (text !== "" && matchesSlowly(pattern, text.slice(1)))
}

test("a pattern matches what its plainest reading matches", () => {
  fc.assert(
    fc.property(patterns, anyNames, (pattern, name) => {
      assert.equal(matchesPattern(pattern, name), matchesSlowly(pattern, name))
    }),
    { numRuns: 3_000 },
  )
})

test("many patterns compiled answer as each of them asked in turn", () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 5 }), names, (many, name) => {
      const oneByOne = many.some((pattern) => matchesSlowly(pattern, name))
      assert.equal(compilePatterns(many)(name), oneByOne)
    }),
    { numRuns: 2_000 },
  )
})

test("a pattern that covers another matches every name that the other matches", () => {
  fc.assert(
    fc.property(patterns, patterns, names, (wide, narrow, name) => {
      fc.pre(coversPattern(wide, narrow) && matchesSlowly(narrow, name))
      assert.ok(matchesSlowly(wide, name))
    }),
    { numRuns: 1_000 },
  )
})

test("two patterns that match one name overlap", () => {
  fc.assert(
    fc.property(patterns, patterns, names, (left, right, name) => {
      fc.pre(matchesSlowly(left, name) && matchesSlowly(right, name))
      assert.ok(overlapsPattern(left, right))
    }),
    { numRuns: 500 },
  )
})

test("patterns that no name can match both do not overlap", () => {
  const apart: readonly [string, string][] = [
    ["a*", "b*"],
    ["*a", "*b"],
    ["ab", "a"],
    ["a*b", "a"],
    ["", "a"],
    ["x*y*z", "x*q"],
  ]
  for (const [left, right] of apart) assert.equal(overlapsPattern(left, right), false, `${left} ${right}`)
})

test("case and surroundings are part of a name", () => {
  for (const name of ["Read", " read", "read ", "read\n", "ｒead"])
    assert.equal(matchesPattern("read", name), false)
})

test("a pattern made to go back and forth is answered at once", () => {
  assert.equal(matchesPattern(`${"*a".repeat(100)}b`, "a".repeat(256)), false)
})
