// SECRET=whsec_... PORT=9000 node receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.SECRET.replace("whsec_", ""), "base64");
if (!key.length) throw new Error("SECRET is missing");

function isGenuine(headers, body) {
  const sentAt = headers["webhook-timestamp"] ?? "0";
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) <= 300)) return false;
  const signed = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.${sentAt}.`), body]);
  const ours = Buffer.from("v1," + createHmac("sha256", key).update(signed).digest("base64"));
  return (headers["webhook-signature"] ?? "").split(" ").map((given) => Buffer.from(given))
    .some((given) => given.length === ours.length && timingSafeEqual(given, ours));
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const status = isGenuine(request.headers, Buffer.concat(parts)) ? 204 : 401;
    response.writeHead(status).end(); // answer first, then work
  });
}).listen(Number(process.env.PORT), "127.0.0.1");
