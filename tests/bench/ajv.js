/* ajv.js NODE_FOLDER SCHEMA <in >out: what is valid, by ajv, line by line. */
'use strict';
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

const [folder, file] = process.argv.slice(2);
const load = createRequire(path.join(path.resolve(folder), 'x.js'));
const schema = JSON.parse(fs.readFileSync(file, 'utf8'));
const Ajv = /2020-12/.test(schema.$schema) ? load('ajv/dist/2020')
  : load('ajv');
const ajv = new Ajv.default({ strict: false, logger: false,
  validateSchema: false });
load('ajv-formats').default(ajv);
const check = ajv.compile(schema);
const chunk = Buffer.alloc(1 << 20);
let rest = Buffer.alloc(0);
for (;;) {
  const n = fs.readSync(0, chunk, 0, chunk.length, null);
  if (n === 0)
    break;
  const all = Buffer.concat([rest, chunk.subarray(0, n)]);
  const end = all.lastIndexOf(10) + 1;
  rest = Buffer.from(all.subarray(end));
  let good = '';
  for (const line of all.toString('utf8', 0, end).split('\n'))
    if (line !== '' && check(JSON.parse(line)))
      good += `${line}\n`;
  fs.writeSync(1, good);
}
