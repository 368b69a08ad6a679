"""Verifiers of `v1a` that others have written: Python's cryptography, and Node.js."""

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NODE = shutil.which("node")

_IN_NODE = """
const { createPublicKey, verify } = require("node:crypto");
let input = "";
process.stdin.on("data", (part) => (input += part)).on("end", () => {
  const found = JSON.parse(input).map(({ key, signed, signatures }) => {
    const raw = Buffer.from(key.slice("whpk_".length), "base64").toString("base64url");
    const jwk = { kty: "OKP", crv: "Ed25519", x: raw };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    return signatures.split(" ").some((one) => {
      const [scheme, value] = one.split(",");
      const content = Buffer.from(signed, "base64");
      return scheme === "v1a" && verify(null, content, publicKey, Buffer.from(value, "base64"));
    });
  });
  console.log(JSON.stringify(found));
});
"""


def content_of(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return what a signature signs."""
    return f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body


def verified_by_cryptography(key: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Tell whether one of the signatures is the key's."""
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    for scheme, _, value in (one.partition(",") for one in headers["webhook-signature"].split(" ")):
        try:
            public.verify(base64.b64decode(value), content_of(headers, body))
        except InvalidSignature:
            continue
        return scheme == "v1a"
    return False


def verified_by_node(key: str, posts: list[tuple[Mapping[str, str], bytes]]) -> list[bool]:
    """Tell for each POST whether one of its signatures is the key's."""
    asked = [
        {
            "key": key,
            "signed": base64.b64encode(content_of(headers, body)).decode(),
            "signatures": headers["webhook-signature"],
        }
        for headers, body in posts
    ]
    ran = subprocess.run(
        [str(NODE), "-e", _IN_NODE],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[bool] = json.loads(ran.stdout)
    return found
