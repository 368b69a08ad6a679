#!/usr/bin/env bash
# http-message-signatures 1.0.6 (npm): verifyMessage's tolerance, which its types call one for the
# clock, is taken off maxAge. With a maxAge of 300 seconds a signature may be 300 seconds old; with
# a tolerance of 60 beside it, 240; with one of 300, every request is refused that is not verified
# within the second in which it was signed. What works: add the tolerance to maxAge.
# Output seen:
# tolerance 0: 250 s old verified, 2 s old verified
# tolerance 60: 250 s old Signature is too old, 2 s old verified
# tolerance 300: 250 s old Signature is too old, 2 s old Signature is too old
# tolerance 300 and maxAge 600: 250 s old verified, 2 s old verified
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >log
npm install --silent http-message-signatures@1.0.6
node - <<'JAVASCRIPT'
const { createSigner, createVerifier, httpbis } = require("http-message-signatures");

const secret = Buffer.from("a secret that both sides have");
const alg = "hmac-sha256";

const signed = (age) => {
  const key = createSigner(secret, alg, "ours");
  const paramValues = { created: new Date(Date.now() - age * 1000) };
  const config = { key, fields: ["@method"], params: ["created", "keyid", "alg"], paramValues };
  return httpbis.signMessage(config, { method: "POST", url: "http://localhost/", headers: {} });
};
const outcome = async (age, limits) => {
  const key = { id: "ours", algs: [alg], verify: createVerifier(secret, alg) };
  const config = { keyLookup: async () => key, ...limits };
  try {
    return (await httpbis.verifyMessage(config, await signed(age))) ? "verified" : "refused";
  } catch (error) {
    return error.message;
  }
};
const main = async () => {
  const old = "Signature is too old";
  const cases = [
    ["tolerance 0", { maxAge: 300, tolerance: 0 }, "verified", "verified"],
    ["tolerance 60", { maxAge: 300, tolerance: 60 }, old, "verified"],
    ["tolerance 300", { maxAge: 300, tolerance: 300 }, old, old],
    ["tolerance 300 and maxAge 600", { maxAge: 600, tolerance: 300 }, "verified", "verified"],
  ];
  for (const [name, limits, ...expected] of cases) {
    const seen = [await outcome(250, limits), await outcome(2, limits)];
    console.log(`${name}: 250 s old ${seen[0]}, 2 s old ${seen[1]}`);
    if (String(seen) !== String(expected)) throw new Error("the behaviour has changed");
  }
};
main().catch((error) => {
  console.error(error);
  process.exit(1);
});
JAVASCRIPT
