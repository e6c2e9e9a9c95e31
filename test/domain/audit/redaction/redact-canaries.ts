/**
 * Secrets as they are written in the world, none of them real. They are put together here, so that no scanner takes
 * this file for a leak.
 */

const base62 = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7lM9"
const letters = "FaskwDpQEvbFFqV_utoiEffv-ReBUUFN"
const hex = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6071"

function text(length: number): string {
  return base62.slice(0, length)
}

function base64Url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url")
}

const jwt = [base64Url({ alg: "HS256", typ: "JWT" }), base64Url({ sub: "ann", exp: 1 }), text(43)].join(".")
const pemBody = `${text(52)}\n${text(40)}==`

/** What must not survive, by what it is. */
export const secretForms: Readonly<Record<string, string>> = {
  "our own key": `mm_${text(12)}_${text(49)}`,
  "an AWS key id": ["AKIA", "IOSFODNN7EXAMPLF"].join(""),
  "a temporary AWS key id": ["ASIA", "IOSFODNN7EXAMPLF"].join(""),
  "a GitHub token": ["ghp", text(36)].join("_"),
  "a GitHub app token": ["ghs", text(36)].join("_"),
  "a fine-grained GitHub token": ["github", "pat", text(22), text(40)].join("_"),
  "a GitLab token": ["glpat", text(20)].join("-"),
  "a Slack token": ["xoxb", "123456789012", "1234567890123", text(24)].join("-"),
  "a Slack hook": ["https://hooks.slack.com", "services", "T0AB12CD3", "B0AB12CD3", text(24)].join("/"),
  "a Stripe key": ["sk", "live", text(24)].join("_"),
  "an Anthropic key": ["sk", "ant", "api03", text(50)].join("-"),
  "an OpenAI key": ["sk", text(48)].join("-"),
  "an OpenAI project key": ["sk", "proj", text(48)].join("-"),
  "a Google key": ["AIza", text(35)].join(""),
  "an npm token": ["npm", text(36)].join("_"),
  "a Hugging Face token": ["hf", text(34)].join("_"),
  "a SendGrid key": ["SG", text(22), text(43)].join("."),
  "a JWT": jwt,
  "a private key": `-----BEGIN PRIVATE KEY-----\n${pemBody}\n-----END PRIVATE KEY-----`,
  "an RSA private key": `-----BEGIN RSA PRIVATE KEY-----\n${pemBody}\n-----END RSA PRIVATE KEY-----`,
  "an OpenSSH private key": `-----BEGIN OPENSSH PRIVATE KEY-----\n${pemBody}\n-----END OPENSSH PRIVATE KEY-----`,
  "a bearer credential": `Bearer ${hex}`,
  "a bearer credential of letters": `Bearer ${letters}`,
  "a key of letters in a header": `X-Api-Key: ${letters}`,
  "a basic credential": `Basic ${Buffer.from("ann:correct horse 7").toString("base64")}`,
  "the user of a URL": "postgres://ann:c0rrect-h0rse@db.example:5432/main",
  "a password in an assignment": "password=c0rrect-h0rse",
  "a key in a query": `key=${text(32)}`,
  "a token in a query": `access_token=${hex}`,
  "a password in JSON in a text": '{"password": "c0rrect-h0rse"}',
  "a password in YAML": "db_password: c0rrect-h0rse",
  "a session cookie": "Cookie: sid=c0rrect-h0rse; theme=dark",
}

/** Of each form, the part that is the secret: whatever of it is still to be read is a leak. */
export function core(form: string): string {
  const parts = [
    "c0rrect-h0rse",
    text(11),
    hex.slice(0, 16),
    letters.slice(1, -1),
    "IOSFODNN7EXAMPLF",
    Buffer.from("ann:correct horse 7").toString("base64"),
  ]
  return parts.find((part) => form.includes(part)) ?? form
}

export const secretNames = [
  "password",
  "PASSWD",
  "db_password",
  "DbPassword",
  "secret",
  "clientSecret",
  "client-secret",
  "token",
  "accessToken",
  "refresh_token",
  "api_key",
  "API-KEY",
  "apikey",
  "x-api-key",
  "Authorization",
  "Proxy-Authorization",
  "cookie",
  "Set-Cookie",
  "credential",
  "credentials",
  "privateKey",
  "PRIVATE_KEY",
  "aws_secret_access_key",
  "session",
  "session_id",
  "Mcp-Session-Id",
  "bearer",
  "passphrase",
]
