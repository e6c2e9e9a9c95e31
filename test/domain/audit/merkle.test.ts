import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { Frontier } from "../../../src/domain/audit/merkle.ts"
import { GatewayError } from "../../../src/errors.ts"

const sha256 = (...parts: readonly Buffer[]): Buffer => hash("sha256", Buffer.concat(parts), "buffer")
const leaf = (data: Buffer): Buffer => sha256(Buffer.of(0), data)

/** RFC 6962 section 2.1, word for word. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves
  if (first === undefined) return sha256()
  if (leaves.length === 1) return first
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)))
}

function frontierOf(leaves: readonly Buffer[]): Frontier {
  const frontier = Frontier.empty()
  for (const hash of leaves) frontier.add(hash)
  return frontier
}

test("the roots are those of the published test vectors of Certificate Transparency", () => {
  const data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]
  const frontier = Frontier.empty()
  const found = data.map((hex) => {
    frontier.add(leaf(Buffer.from(hex, "hex")))
    return frontier.root().toString("hex")
  })
  assert.deepEqual(found, roots)
})

test("the tree of nothing has the hash of nothing", () => {
  const root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  assert.equal(Frontier.empty().root().toString("hex"), root)
})

test("every size has the root that the definition gives", () => {
  const leaves = Array.from({ length: 300 }, (_, index) => leaf(Buffer.from(String(index))))
  const frontier = Frontier.empty()
  for (const [index, hash] of leaves.entries()) {
    frontier.add(hash)
    assert.equal(frontier.size, index + 1)
    assert.deepEqual(frontier.root(), treeHash(leaves.slice(0, index + 1)))
  }
})

test("a frontier written, read and continued gives the same root", () => {
  const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 80 })
  fc.assert(
    fc.property(hashes, fc.nat(80), (all, cut) => {
      const leaves = all.map((bytes) => Buffer.from(bytes))
      const begin = frontierOf(leaves.slice(0, cut))
      const again = Frontier.read(begin.size, begin.write())
      for (const hash of leaves.slice(cut)) again.add(hash)
      assert.deepEqual(again.root(), treeHash(leaves))
      assert.deepEqual(again.write(), frontierOf(leaves).write())
    }),
  )
})

test("continuing a frontier leaves the bytes it was read from alone", () => {
  const bytes = frontierOf([leaf(Buffer.from("a"))]).write()
  const before = Buffer.from(bytes)
  Frontier.read(1, bytes).add(leaf(Buffer.from("b")))
  assert.deepEqual(bytes, before)
})

test("bytes that do not fit the size are refused", () => {
  const wrong: readonly [number, number][] = [
    [0, 32],
    [1, 0],
    [1, 31],
    [3, 32],
    [4, 96],
    [-1, 0],
    [1.5, 32],
    [NaN, 0],
  ]
  for (const [size, length] of wrong) {
    assert.throws(
      () => Frontier.read(size, Buffer.alloc(length)),
      (thrown) => thrown instanceof GatewayError && thrown.code === "invalid",
    )
  }
})
