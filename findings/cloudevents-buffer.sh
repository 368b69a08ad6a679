#!/usr/bin/env bash
# cloudevents 10.0.0 (npm): HTTP.toEvent of a structured event whose body is a Buffer, which is what a
# receiver has that verifies the bytes first (express.raw), answers an event without an error. It has
# no type, source and data, an id that was never sent, and an attribute for each byte. The same body as
# a text, or parsed, is read right.
# Output seen:
# text: task.created 1 {"a":1}
# Buffer: undefined another id undefined, attributes "0" to "9" are 123 34 115 112 101 99 118 101 114 115
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >log
npm install --silent cloudevents@10.0.0
node - <<'JAVASCRIPT'
const { HTTP } = require("cloudevents");

const sent = { specversion: "1.0", id: "1", source: "/a", type: "task.created", data: { a: 1 } };
const headers = { "content-type": "application/cloudevents+json" };
const text = JSON.stringify(sent);
const one = HTTP.toEvent({ headers, body: text });
const other = HTTP.toEvent({ headers, body: Buffer.from(text) });
console.log(`text: ${one.type} ${one.id} ${JSON.stringify(one.data)}`);
const bytes = [..."0123456789"].map((place) => other[place]);
const id = other.id === sent.id ? "the same id" : "another id";
console.log(`Buffer: ${other.type} ${id} ${other.data}, attributes "0" to "9" are ${bytes.join(" ")}`);
const isAsSeen = one.type === sent.type && other.type === undefined && id === "another id";
if (!isAsSeen || bytes[0] !== 123) throw new Error("the behaviour has changed");
JAVASCRIPT
