/**
 * The canaries that need a gateway of their own: the key of its TLS, and a secret that was given as an argument. What it
 * answers is kept as it is after decryption.
 */

import { appendFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { request } from "node:https"
import { join } from "node:path"
import { randomBytes } from "node:crypto"
import { text } from "node:stream/consumers"
import { makeCertificate } from "../../sinks/certificate.ts"
import { startGateway } from "../../support/gateway.ts"
import { secretPartOf } from "./sweep.ts"

/** @returns its canaries. What it says beside goes to a file of `kept` */
export async function visitOverTls(
  folder: string,
  kept: string,
): Promise<Readonly<Record<"tlsKey" | "argumentSecret", string | Buffer>>> {
  const { cert, key } = makeCertificate("127.0.0.1")
  const [certFile, keyFile] = [join(folder, "tls-cert.pem"), join(folder, "tls-key.pem")]
  await writeFile(certFile, cert)
  await writeFile(keyFile, key, { mode: 0o600 })
  const argumentSecret = randomBytes(24).toString("base64url")
  const webhook = ["--audit-webhook-url", "http://127.0.0.1:9/", `--audit-webhook-secret=${argumentSecret}`]
  const tls = ["--tls-cert", certFile, "--tls-key", keyFile]
  const gateway = await startGateway({ canaries: folder, args: [...tls, ...webhook] })
  try {
    for (const page of ["/health", "/api/v1/whoami", "/api/v1/audit/head", "/nope", "/openapi.json"])
      appendFileSync(join(kept, "tls"), await read(new URL(page, gateway.origin), gateway.key))
    await fetch(gateway.origin.replace("https", "http")).catch(() => {})
  } finally {
    await gateway.stop()
  }
  await writeFile(keyFile, makeCertificate("127.0.0.1").key)
  const broken = startGateway({ canaries: folder, args: tls })
  await broken
    .then((started) => started.stop())
    .catch((thrown: unknown) => appendFileSync(join(kept, "tls"), String(thrown)))
  return { tlsKey: secretPartOf(key), argumentSecret }
}

function read(url: URL, key: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { authorization: `Bearer ${key}` }
  const asking = request(url, { headers, rejectUnauthorized: false }, (answer) => {
    text(answer).then((body) => resolve(`${JSON.stringify(answer.headers)}${body}`), reject)
  })
  asking.on("error", reject).end()
  return promise
}
