/** What is known of an HTTP answer before its body. */

import type { IncomingHttpHeaders } from "node:http"

export type ResponseHead = { readonly status: number; readonly headers: IncomingHttpHeaders }
