/*
 * nested.js NODE_FOLDER OUT BYTES: real schemas as OUT/NAME.json, and valid
 * instances of each, made from it, as OUT/NAME.ndjson of about BYTES bytes.
 */
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const { sample } = require('../real/sample');

const [folder, out, bytes] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(folder), 'x.js'));
const schemas = {
  resume: '@jsonresume/schema/schema.json',
  nx: 'nx/schemas/project-schema.json',
  workspace: 'nx/schemas/nx-schema.json',
  turbo: 'turbo/schema.json',
  changesets: '@changesets/config/schema.json',
  cspell: '@cspell/cspell-types/cspell.schema.json',
  knip: 'knip/schema.json',
};
fs.mkdirSync(out, { recursive: true });
for (const [name, at] of Object.entries(schemas)) {
  const file = path.join(folder, 'node_modules', at);
  if (!fs.existsSync(file))
    continue;
  const schema = JSON.parse(fs.readFileSync(file, 'utf8'));
  const ajv = new (load('ajv').default)({ strict: false, logger: false,
    validateSchema: false, meta: false });
  load('ajv-formats').default(ajv);
  const check = ajv.compile(schema);
  const lines = [];
  /* Those with some inside. */
  for (let i = 0; i < 20000 && lines.length < 1000; i++) {
    const v = sample(schema, schema, 0);
    const text = JSON.stringify(v);
    if (text.length > 200 && check(JSON.parse(text)))
      lines.push(text);
  }
  if (lines.length < 50)
    continue;
  fs.copyFileSync(file, path.join(out, `${name}.json`));
  const block = `${lines.join('\n')}\n`;
  const fd = fs.openSync(path.join(out, `${name}.ndjson`), 'w');
  for (let n = 0; n < Number(bytes); n += block.length)
    fs.writeSync(fd, block);
  fs.closeSync(fd);
  console.log(name);
}
