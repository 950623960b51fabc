/*
 * verdicts.js DP-VALIDATE FOLDER [MOST]: schemas of npm packages below
 * FOLDER/node_modules, at most MOST of each package, with instances from
 * there and made from the schemas, judged by ajv and by dp-validate.  Prints a
 * line for each schema, and each pair that is judged in two ways.  Exit
 * status 1 when one of them is not explained by explained.json.
 */
'use strict';
const fs = require('fs');
const os = require('os');
const path = require('path');
const { spawnSync } = require('child_process');
const { createRequire } = require('module');
const { sample, spoil } = require('./sample');

const [program, folder, most = '8'] = process.argv.slice(2);
const modules = path.join(path.resolve(folder), 'node_modules');
const load = createRequire(path.join(modules, '..', 'x.js'));
const formats = load('ajv-formats');
const drafts = {
  'draft-04': () => load('ajv-draft-04'),
  'draft-06': () => load('ajv'),
  'draft-07': () => load('ajv'),
  '2019-09': () => load('ajv/dist/2019'),
  '2020-12': () => load('ajv/dist/2020'),
};
const explained = JSON.parse(
  fs.readFileSync(path.join(__dirname, 'explained.json'), 'utf8'));

function* files(dir, depth = 0) {
  for (const e of fs.readdirSync(dir, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = path.join(dir, e.name);
    if (e.isDirectory() && depth < 12)
      yield* files(at, depth + 1);
    else if (e.isFile() && e.name.endsWith('.json'))
      yield at;
  }
}

function read(file) {
  try {
    if (fs.statSync(file).size > 4 << 20)
      return undefined;
    return JSON.parse(fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

/* The part of a path that names the package. */
function packageOf(file) {
  const parts = path.relative(modules, file).split(path.sep);
  const at = parts.lastIndexOf('node_modules') + 1;
  return parts.slice(at, at + (parts[at][0] === '@' ? 2 : 1)).join('/');
}

function draftOf(schema) {
  const s = schema && !Array.isArray(schema) && typeof schema === 'object' &&
    typeof schema.$schema === 'string' ? schema.$schema : '';
  return s.includes('json-schema.org') &&
    Object.keys(drafts).find((d) => s.includes(d));
}

function instances(schema, pool) {
  const out = [...pool];
  for (let i = 0; i < 150; i++) {
    const v = sample(schema, schema, 0);
    out.push(v, spoil(v));
  }
  return out.filter((v) => v !== undefined)
    .map((v) => JSON.stringify(v))
    /* Arrays with holes, lone surrogates: no UTF-8. */
    .filter((t) => t !== undefined && !/\\ud[89a-f]/i.test(t));
}

/* Line numbers that dp-validate rejects, or the message of its refusal. */
function ours(file, lines, tmp, refs) {
  const rejects = path.join(tmp, 'rejects');
  fs.rmSync(rejects, { force: true });
  const p = spawnSync(program, ['-q', '-s', file, '--any-value',
    '--nul=pass', '--max-record=16m', '-r', rejects,
    ...(refs ? [`--refs=${path.dirname(file)}`] : [])],
  { input: lines.join('\n') + '\n', maxBuffer: 1 << 30 });
  if (p.status === 78 && !refs && /no schema is known/.test(p.stderr))
    return ours(file, lines, tmp, true);
  if (p.status === 78)
    return { refused: p.stderr.toString().trim() };
  const bad = new Map();
  if (fs.existsSync(rejects))
    for (const line of fs.readFileSync(rejects, 'utf8').split('\n'))
      if (line) {
        const r = JSON.parse(line);
        bad.set(r.line, r);
      }
  return { bad };
}

/* What ajv says of each line; options: with its own meta-schemas, or not. */
function compiled(schema, draft, beside, meta) {
  const Ajv = drafts[draft]();
  const ajv = new (Ajv.default || Ajv)({ strict: false, logger: false,
    validateSchema: false, meta });
  const id = draft === 'draft-04' ? 'id' : '$id';
  (formats.default || formats)(ajv);
  if (meta && draft === 'draft-06')
    ajv.addMetaSchema(load('ajv/dist/refs/json-schema-draft-06.json'));
  for (const other of beside)
    if (other[id] && other[id] !== schema[id] && !ajv.getSchema(other[id]))
      ajv.addSchema(other);
  return (meta && schema[id] && ajv.getSchema(schema[id])) ||
    ajv.compile(schema);
}

function theirs(schema, draft, lines, beside) {
  let first;
  /* Meta-schemas of its own are compiled without formats: try without. */
  for (const [others, meta] of [[[], false], [beside, false], [[], true]])
    try {
      const check = compiled(schema, draft, others, meta);
      return lines.map((l) => check(JSON.parse(l))
        || `${check.errors[0].instancePath} ${check.errors[0].message}`);
    } catch (e) {
      first = first || e.message;
    }
  return { refused: first };
}

/* The explanation of a difference, or undefined. */
function explanation(name, text) {
  const e = explained.find((x) => new RegExp(x.schema).test(name) &&
    new RegExp(x.says).test(text));
  return e && e.why;
}

const tmp = fs.mkdtempSync(path.join(os.tmpdir(), 'dp-real.'));
const perPackage = new Map();
const seen = new Set();
const all = [];
const pool = [];
for (const file of files(modules)) {
  const v = read(file);
  if (path.basename(file) === 'package.json') {
    if (v && pool.length < 300)
      pool.push(v);
    continue;
  }
  const draft = draftOf(v);
  const text = JSON.stringify(v);
  if (!draft || seen.has(text))
    continue;
  seen.add(text);
  const name = packageOf(file);
  all.push({ file, schema: v, draft, size: text.length, package: name,
    name: `${name}/${path.basename(file)}` });
}
/* The largest ones of each package. */
const schemas = [...all].sort((x, y) => y.size - x.size).filter((s) => {
  const n = (perPackage.get(s.package) || 0) + 1;
  perPackage.set(s.package, n);
  return n <= Number(most);
}).sort((x, y) => (x.file < y.file ? -1 : 1));
pool.push(...schemas.slice(0, 40).map((s) => s.schema));

const total = { schemas: 0, pairs: 0, valid: 0, known: 0, unknown: 0 };
for (const s of schemas) {
  const lines = instances(s.schema, pool);
  const beside = all.filter((o) => o.draft === s.draft &&
    path.dirname(o.file) === path.dirname(s.file)).map((o) => o.schema);
  const a = theirs(s.schema, s.draft, lines, beside);
  const b = ours(s.file, lines, tmp, false);
  let text = '';
  if (a.refused || b.refused) {
    text = `ajv: ${a.refused || 'compiles'}; dp-validate: ${
      b.refused || 'compiles'}`;
    const why = a.refused && b.refused ? 'refused by both'
      : explanation(s.name, text);
    total[why ? 'known' : 'unknown']++;
    console.log(`${why ? '-' : '!'} ${s.name} (${s.draft}): ${text}${
      why ? `\n    ${why}` : ''}`);
    continue;
  }
  let valid = 0;
  let known = 0;
  let shown = 0;
  lines.forEach((line, i) => {
    const r = b.bad.get(i + 1);
    valid += r === undefined;
    if ((a[i] === true) === (r === undefined))
      return;
    text = `ajv: ${a[i]}; dp-validate: ${r ? `${r.pointer} ${r.detail} [${
      r.code}] ${r.schema}` : 'valid'}`;
    if (explanation(s.name, text)) {
      known++;
      return;
    }
    total.unknown++;
    if (shown++ < 2)
      console.log(`! ${s.name}: ${text}\n    ${line.slice(0, 300)}`);
  });
  total.schemas++;
  total.pairs += lines.length;
  total.valid += valid;
  total.known += known;
  console.log(`${shown ? '!' : '='} ${s.name} (${s.draft}): ${
    lines.length} instances, ${valid} valid${
    known ? `, ${known} differences explained` : ''}`);
}
fs.rmSync(tmp, { recursive: true });
console.log(`${total.schemas} schemas of ${perPackage.size} packages, ${
  total.pairs} pairs, ${total.valid} valid; ${total.known} differences ` +
  `explained, ${total.unknown} not`);
process.exit(total.unknown > 0 ? 1 : 0);
