/** HTTP requests as bytes, with nothing about them that must be right. */

export type Field = readonly [name: string, value: string]

export type HttpDraft = {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  readonly body: Buffer
}

/** @param draft its text may hold any character up to U+00FF, which goes out as that byte */
export function httpBytes({ method, target, fields, body }: HttpDraft): Buffer {
  const hasLength = fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name))
  const all: readonly Field[] = hasLength ? fields : [...fields, ["content-length", String(body.length)]]
  const lines = all.map(([name, value]) => `${name}: ${value}`)
  return Buffer.concat([
    Buffer.from([`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"), "latin1"),
    body,
  ])
}

/** In pieces of this size, as a body without a length told before. */
export function chunked(body: Buffer, size: number): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"))
  }
  return Buffer.concat([...pieces, Buffer.from("0\r\n\r\n")])
}
