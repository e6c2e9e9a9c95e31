/** What to do about each way in which a service can fail: a sentence, and the operations that help, the best first. */

import type { DiagnosisCause } from "../../domain/diagnosis.ts"

type Remedy = { readonly remedy: string; readonly next: readonly string[] }

/** Who may not change a service can still look at it, and tell somebody who may. */
const change = ["update_service", "get_server_details"]
const look = ["get_server_details"]
const lookAgain = ["healthcheck"]

const remedies: Readonly<Record<DiagnosisCause | "none" | "turned_off", Remedy>> = {
  value_missing: {
    remedy:
      "Store the value that is missing where the gateway looks for it, which only its operator can do; or correct the placeholder with update_service.",
    next: change,
  },
  not_allowed: {
    remedy:
      "The gateway's rules forbid this address or command: use one that they allow with update_service, or have its operator allow it in the service's file.",
    next: change,
  },
  url_unreadable: { remedy: "Correct the url with update_service.", next: change },
  program_missing: {
    remedy: "Install the program on the gateway's machine, or correct command with update_service.",
    next: change,
  },
  program_not_runnable: {
    remedy:
      "Make the program executable for the gateway's user, or give its interpreter as command with update_service.",
    next: change,
  },
  folder_missing: { remedy: "Make the folder, or correct cwd with update_service.", next: change },
  machine_full: {
    remedy: "The machine has no room for another program; its operator must raise the limit or free some.",
    next: lookAgain,
  },
  program_ended: {
    remedy:
      "The program ends by itself: what it wrote last says why. Correct args or env with update_service; get_server_details has its last error output.",
    next: change,
  },
  program_silent: {
    remedy:
      "The program runs but writes no answer of MCP to its standard output: see that it is an MCP server over stdio, and that args start it as one.",
    next: change,
  },
  host_unknown: {
    remedy: "Correct the host in its url with update_service, or look at this machine's name resolution.",
    next: change,
  },
  port_closed: {
    remedy: "Start the service where its url points, or correct host and port with update_service.",
    next: change,
  },
  host_unreachable: {
    remedy: "See that no firewall is between the gateway and the service, or correct the url with update_service.",
    next: change,
  },
  no_tls: {
    remedy:
      "What listens there does not speak TLS as it should: use http: in the url, or have the service mended.",
    next: change,
  },
  certificate_refused: {
    remedy:
      "The certificate must be valid now, for the url's host, and of an authority that this machine knows (NODE_EXTRA_CA_CERTS adds one): mend it, or correct the url with update_service.",
    next: change,
  },
  credential_refused: {
    remedy: "Give it a valid credential in headers with update_service, best as ${secret:NAME}.",
    next: change,
  },
  moved: { remedy: "Set the url to where the service is now with update_service.", next: change },
  wrong_path: {
    remedy: "Something answers there, but not under this path: correct the url with update_service.",
    next: change,
  },
  wrong_type: {
    remedy:
      "Something answers there, but not this kind of request: correct the url with update_service, or its type (http, sse, websocket).",
    next: change,
  },
  no_mcp: {
    remedy:
      "What answers there does not speak MCP: correct the url or the type, or the program's args, with update_service.",
    next: change,
  },
  wrong_revision: {
    remedy: "It speaks a revision of MCP that this gateway does not: use another version of the service.",
    next: change,
  },
  busy: { remedy: "The service takes no more for now: try again later.", next: lookAgain },
  failing: { remedy: "The service itself fails: look at its own log, or tell who runs it.", next: look },
  broken_off: {
    remedy:
      "What listens there breaks the connection off: see that it is an HTTP server, and that http: or https: in the url is right.",
    next: change,
  },
  silent: {
    remedy: "Something listens there but answers nothing: look at the service's own log, or correct the url.",
    next: look,
  },
  lists_fail: {
    remedy: "It answers but its lists fail: look at the service's own log, then call refresh_service.",
    next: ["refresh_service", ...look],
  },
  held_back: {
    remedy:
      "It can be reached, but some of what it offers breaks a rule and is held back: list_issues says what and why.",
    next: ["list_issues", ...look],
  },
  awaits_approval: {
    remedy:
      "It can be reached, but definitions of it wait for an approval: list_held_items shows them, approve_tools approves them.",
    next: ["list_held_items", ...look],
  },
  unknown: {
    remedy: "The message says what failed; get_server_details has more.",
    next: look,
  },
  none: {
    remedy: "All is well; refresh_service takes up what it offers.",
    next: ["refresh_service", ...look],
  },
  turned_off: {
    remedy: "All is well but it is turned off; toggle_service turns it on.",
    next: ["toggle_service", ...look],
  },
}

export function remedyOf(cause: keyof typeof remedies): Remedy {
  return remedies[cause]
}

/** As far as they follow from the service. */
export function argumentsFor(operation: string, name: string): Readonly<Record<string, unknown>> {
  if (operation === "list_issues") return { service: name }
  return operation === "toggle_service" ? { name, enabled: true } : { name }
}
