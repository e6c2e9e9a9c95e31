/** The yardstick: the plain proxy, and nothing around it. Takes the URL to forward to. */

import { serveProxy } from "./plain-proxy.ts"

serveProxy(process.argv[2] ?? "", {
  forward: (_call, _body, then) => then(),
  answer: (_call, _bytes, then) => then(),
})
