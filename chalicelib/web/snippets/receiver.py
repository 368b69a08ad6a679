# SECRET=whsec_... PORT=9000 python3 receiver.py
import base64, hashlib, hmac, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"))
if not KEY:
    raise SystemExit("SECRET is missing")

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204 if self.is_genuine(body) else 401)  # answer first,
        self.end_headers()
        # then work: put the body into a queue of your own

    def is_genuine(self, body):
        sent_at = self.headers.get("webhook-timestamp", "0")
        if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > 300:
            return False
        signed = f"{self.headers.get('webhook-id')}.{sent_at}.".encode() + body
        ours = b"v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256))
        given = self.headers.get("webhook-signature", "").encode().split()
        return any(hmac.compare_digest(ours, one) for one in given)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
