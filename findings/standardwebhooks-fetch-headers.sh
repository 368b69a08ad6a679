#!/usr/bin/env bash
# standardwebhooks 1.1.1 (npm), and svix 1.99.1 over it: verify(body, request.headers) with the Headers
# of the Fetch API (Next.js, Deno, Workers) finds no header in them, and refuses every request, however
# it is signed. The same headers as a plain object are verified: Object.fromEntries(request.headers).
# Output seen:
# standardwebhooks: Headers: Missing required headers; an object: {"a":1}
# svix: Headers: Missing required headers; an object: {"a":1}
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >log
npm install --silent standardwebhooks@1.1.1 svix@1.99.1
node - <<'JAVASCRIPT'
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = '{"a":1}';
const now = new Date();

const verified = (webhook, headers) => {
  try {
    return JSON.stringify(webhook.verify(body, headers));
  } catch (error) {
    return error.message;
  }
};
for (const name of ["standardwebhooks", "svix"]) {
  const webhook = new (require(name).Webhook)(secret);
  const request = new Request("http://localhost/", {
    method: "POST",
    body,
    headers: {
      "webhook-id": "msg_1",
      "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
      "webhook-signature": webhook.sign("msg_1", now, body),
    },
  });
  const seen = verified(webhook, request.headers);
  const asObject = verified(webhook, Object.fromEntries(request.headers));
  console.log(`${name}: Headers: ${seen}; an object: ${asObject}`);
  const isAsSeen = seen === "Missing required headers" && asObject === body;
  if (!isAsSeen) throw new Error("the behaviour has changed");
}
JAVASCRIPT
