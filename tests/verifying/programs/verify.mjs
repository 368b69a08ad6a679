// Runs the JavaScript libraries over the cases of a file, and prints what each does as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.cwd()}/`);
const versionOf = (name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version;
const parsed = (found) => (found === undefined ? "nothing" : "the parsed body");

const signature = (name) => ({ secret, headers }, body) =>
  parsed(new (require(name).Webhook)(secret).verify(body, headers));
const cloudevent = ({ headers }, body) => {
  const event = require("cloudevents").HTTP.toEvent({ headers, body: body.toString() });
  return `an event: ${event.type}, data ${typeof event.data}`;
};
const libraries = {
  standardwebhooks: signature("standardwebhooks"),
  svix: signature("svix"),
  cloudevents: cloudevent,
};

const run = (call, one) => {
  try {
    return `returns ${call(one, Buffer.from(one.body, "base64"))}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const outcomes = {};
for (const [name, call] of Object.entries(libraries)) {
  const mine = cases.filter((one) => Boolean(one.secret) === (name !== "cloudevents"));
  outcomes[`${name} ${versionOf(name)}`] = Object.fromEntries(
    mine.map((one) => [one.name, run(call, one)]),
  );
}
console.log(JSON.stringify({ JavaScript: outcomes }, null, 1));
