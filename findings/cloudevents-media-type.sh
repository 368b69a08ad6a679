#!/usr/bin/env bash
# cloudevents 10.0.0 (npm; 8.0.3 and 9.0.0 too): HTTP.toEvent compares the media type as a text. It
# reads `application/cloudevents+json; charset=utf-8`, and refuses the same type without the space,
# with `UTF-8`, or with another parameter, which RFC 9110 (sections 5.6.6 and 8.3.2) lets a sender or
# a proxy write.
# Output seen:
# "": task.created
# "; charset=utf-8": task.created
# ";charset=utf-8": invalid content type application/cloudevents+json;charset=utf-8
# "; charset=UTF-8": invalid content type application/cloudevents+json; charset=UTF-8
# "; profile=x": invalid content type application/cloudevents+json; profile=x
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >log
npm install --silent cloudevents@10.0.0
node - <<'JAVASCRIPT'
const { HTTP } = require("cloudevents");

const sent = { specversion: "1.0", id: "1", source: "/a", type: "task.created", data: {} };
const read = (parameter) => {
  const headers = { "content-type": `application/cloudevents+json${parameter}` };
  try {
    return HTTP.toEvent({ headers, body: JSON.stringify(sent) }).type;
  } catch (error) {
    return error.message;
  }
};
const parameters = ["", "; charset=utf-8", ";charset=utf-8", "; charset=UTF-8", "; profile=x"];
const seen = parameters.map(read);
parameters.forEach((parameter, place) => console.log(`"${parameter}": ${seen[place]}`));
const isRead = seen.map((found) => found === "task.created");
if (String(isRead) !== "true,true,false,false,false") throw new Error("the behaviour has changed");
JAVASCRIPT
