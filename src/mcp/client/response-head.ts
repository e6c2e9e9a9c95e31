/** What is known of an HTTP answer before its body, and how the body is made to wait. */

import type { IncomingHttpHeaders } from "node:http"

export type ResponseHead = { readonly status: number; readonly headers: IncomingHttpHeaders }

export type Flow = { pause(): void; resume(): void }
