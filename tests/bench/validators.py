"""Validators of others, for tests/bench/run: the section "validate-peers".

Flat events of one type, then real schemas that nest, with instances made
from them.  Each reads NDJSON and writes what is valid, but for sourcemeta's
program, which only tells.  The packages are those of tests/real/run, in
$REAL (build/real); what is missing is told and left out.
"""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = """
import json, sys
from jsonschema.validators import validator_for
schema = json.load(open(sys.argv[1]))
valid = validator_for(schema)(schema).is_valid
for line in sys.stdin:
    if valid(json.loads(line)):
        sys.stdout.write(line)
"""


def sourcemeta(real):
    """The program of @sourcemeta/jsonschema, or None."""
    at = os.path.join(real, "node_modules", ".bin", "jsonschema")
    return at if os.path.exists(at) else shutil.which("jsonschema-cli")


def cases(b, real, name, schema, lines, flat):
    """What is measured over the file NAME; the slow ones over a part."""
    size = os.path.getsize(name) / lines
    parts = {"ajv": 4, "cli": 10, "slow": 40}
    for part in parts.values():
        b.sh("head -n %d %s >%s.%d" % (lines // part, name, name, part))
    out = [b.Case("limit: cat | cat", "cat %s | cat >/dev/null" % name,
                  limit=True),
           b.Case("dp-validate", "%s -q -s %s %s >/dev/null" % (
               b.program("dp-validate"), schema, name),
               wanted=0.5 if flat else 0.25)]
    if flat:
        out.append(b.Case("dp-validate -j2", "%s -q -j2 -s %s %s >/dev/null" % (
            b.program("dp-validate"), schema, name)))
    if os.path.isdir(os.path.join(real, "node_modules", "ajv")):
        out.append(b.Case("ajv in node", "node %s/ajv.js %s %s <%s.4 "
                          ">/dev/null" % (HERE, real, schema, name), part=4))
    if sourcemeta(real):
        b.sh("cp %s.10 %s.10.jsonl" % (name, name))
        out.append(b.Case("sourcemeta jsonschema validate --fast",
                          "%s validate --fast %s %s.10.jsonl >/dev/null" % (
                              sourcemeta(real), schema, name), part=10))
    if subprocess.run(["python3", "-c", "import jsonschema"],
                      stderr=subprocess.DEVNULL).returncode == 0:
        out.append(b.Case("python-jsonschema", "python3 python.py %s <%s.40 "
                          ">/dev/null" % (schema, name), part=40))
    if flat:
        out.append(b.Case("jq select", "jq -c '%s' %s.40 >/dev/null" % (
            'select((.user_id|type) == "number" and (.timestamp|type) == '
            '"number" and (.sku|type) == "string")', name), part=40))
        if shutil.which("mlr"):
            out.append(b.Case("mlr filter", "mlr --ijsonl --ojsonl filter '%s'"
                              " %s.40 >/dev/null" % (
                                  "is_numeric($user_id) && is_numeric"
                                  "($timestamp) && is_string($sku)", name),
                              part=40))
    print("\n%s: %d lines of %d bytes" % (name, lines, size))
    return out


def validator_cases(b):
    real = os.environ.get("REAL", os.path.join(b.BIN, "real"))
    with open("python.py", "w") as f:
        f.write(PYTHON)
    b.sh("%s -n %d -m 1:0:0 >flat" % (b.GEN, b.EVENTS))
    schema = os.path.join(b.SCHEMAS, "purchase.json")
    b.group("flat events", cases(b, real, "flat", schema, b.EVENTS, True))
    if not os.path.isdir(os.path.join(real, "node_modules")):
        print("\n# no packages in %s: run make real first" % real)
        return
    bytes_each = b.EVENTS * 120
    names = subprocess.run(
        ["node", os.path.join(HERE, "nested.js"), real, "nested",
         str(bytes_each)], capture_output=True, text=True,
        check=True).stdout.split()
    events = b.EVENTS
    for name in names:
        path = "nested/%s.ndjson" % name
        with open(path, "rb") as f:
            b.EVENTS = sum(1 for _ in f)
        b.group(name, cases(b, real, path, "nested/%s.json" % name, b.EVENTS,
                            False))
        b.sh("rm -f %s*" % path)
    b.EVENTS = events
