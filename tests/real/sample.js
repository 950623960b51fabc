/* sample: values made by what a schema says, more or less; always the same. */
'use strict';

let state = 1;
function below(n) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor(state / 4294967296 * n);
}
const pick = (list) => list[below(list.length)];

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

module.exports = { below, pick, sample, spoil };
