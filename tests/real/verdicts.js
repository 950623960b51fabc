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

/* The same each time. */
let state = 1;
function below(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * n);
}
const pick = (list) => list[below(list.length)];

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

/* A value by what a schema says, more or less. */
function sample(schema, root, depth) {
  if (depth > 6 || schema === null || typeof schema !== 'object')
    return pick([null, 1, 'a', {}, [], true]);
  if (typeof schema.$ref === 'string' && schema.$ref.startsWith('#')) {
    let at = root;
    for (const t of decodeURIComponent(schema.$ref.slice(1)).split('/')
      .slice(1))
      at = at && at[t.replace(/~1/g, '/').replace(/~0/g, '~')];
    return sample(at, root, depth + 1);
  }
  if (below(12) === 0)
    return pick([null, 1, 'a', {}, [], true, -0.5, 'http://a.b/c']);
  for (const key of ['examples', 'enum'])
    if (Array.isArray(schema[key]) && schema[key].length > 0)
      return pick(schema[key]);
  for (const key of ['const', 'default'])
    if (schema[key] !== undefined && (key === 'const' || below(2)))
      return schema[key];
  const combined = [...(schema.anyOf || []), ...(schema.oneOf || []),
    ...(schema.allOf || [])];
  if (combined.length > 0 && (!schema.properties || below(2))) {
    const inner = sample(pick(combined), root, depth + 1);
    return inner && typeof inner === 'object' && schema.properties
      ? { ...sample({ ...schema, anyOf: 0, oneOf: 0, allOf: 0 }, root,
          depth + 1), ...inner } : inner;
  }
  const types = [].concat(schema.type || (schema.properties ? 'object'
    : pick(['string', 'number', 'object'])));
  switch (pick(types)) {
    case 'object': {
      const out = {};
      for (const [k, s] of Object.entries(schema.properties || {}))
        if ((schema.required || []).includes ? (schema.required || [])
          .includes(k) || below(4) === 0 : below(2))
          out[k] = sample(s, root, depth + 1);
      if (typeof schema.additionalProperties === 'object' || below(10) === 0)
        out.some_key = sample(schema.additionalProperties, root, depth + 1);
      return out;
    }
    case 'array': {
      const n = Math.max(schema.minItems || 0, below(3));
      return Array.from({ length: Math.min(n, 5) }, (_, i) => sample(
        Array.isArray(schema.items) ? schema.items[i] : schema.items, root,
        depth + 1));
    }
    case 'string':
      return pick(['a', '', '1.2.3', 'http://example.org/a', '2024-02-29',
        '2024-02-29T12:00:00Z', 'a@b.org', './a/b', '#fff', '10.0.0.1',
        'x'.repeat(schema.minLength || 3)]);
    case 'integer':
      return (schema.minimum || 0) + below(4);
    case 'number':
      return (schema.minimum || 0) + below(4) / 2;
    case 'boolean':
      return below(2) === 0;
    default:
      return null;
  }
}

/* A copy that is wrong somewhere, perhaps. */
function spoil(value) {
  const copy = JSON.parse(JSON.stringify(value));
  let at = copy;
  while (at && typeof at === 'object' && Object.keys(at).length > 0) {
    const k = pick(Object.keys(at));
    if (below(3) > 0 && at[k] && typeof at[k] === 'object') {
      at = at[k];
      continue;
    }
    if (below(3) === 0)
      delete at[k];
    else
      at[k] = pick([null, 1, -1, 1.5, 'a', '', [], {}, true, [1], { a: 1 }]);
    if (below(4) === 0)
      at.unknown = 1;
    break;
  }
  return copy;
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
