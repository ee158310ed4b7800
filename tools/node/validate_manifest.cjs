// Validates a unified manifest or its locale file against the schemas that Microsoft's package carries: one line for each message, exit 1.
// The package's own command line answers a wrong word with the whole file; this says where it is and what is allowed.

const { readFileSync } = require("node:fs");
const path = require("node:path");

const Ajv = require("ajv-draft-04");
const addFormats = require("ajv-formats");

const schemas = path.join(path.dirname(require.resolve("@microsoft/app-manifest/package.json")), "build", "json-schemas", "teams");
const manifest = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [, version, file] = /\/teams\/(v[0-9.]+)\/(MicrosoftTeams(?:\.Localization)?\.schema\.json)$/.exec(manifest.$schema);
const schema = JSON.parse(readFileSync(path.join(schemas, version, file), "utf8"));
const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false }); // the locale schema holds a pattern that is no Unicode one
addFormats(ajv);
const validate = ajv.compile(schema);
const valid = validate(manifest);
for (const { instancePath, message, params } of validate.errors ?? []) {
  console.log(`${instancePath || "/"}: ${message}${params.allowedValues ? ` (${params.allowedValues.join(", ")})` : ""}`);
}
process.exitCode = valid ? 0 : 1;
