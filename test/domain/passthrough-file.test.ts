import assert from "node:assert/strict"
import { test } from "node:test"
import { readServiceFile } from "../../src/domain/services/service.ts"

test("a file lets methods of the service's own through, and none that are or could be MCP's", () => {
  const file = (method: string): object => ({ command: "npx", passthrough: [method] })
  for (const method of ["vendor/do", "com.example/*", "acme/jobs/list"])
    assert.deepEqual(readServiceFile("files", file(method))[0]?.passthrough, [method])
  for (const method of ["tools/call", "tasks/*", "server/anything", "*", "*/*", "t*/call", "vendor/", "rpc.a/b"])
    assert.throws(() => readServiceFile("files", file(method)), { code: "invalid", message: /passthrough/ })
})
