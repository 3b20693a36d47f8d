#!/usr/bin/env python3
"""Holds thole's OpenAPI documents against upstream's and counts the definitions and operations that
differ, descriptions aside.

  THOLE_OPENAPI_OUT=OURS schema_test --gtest_filter='*Milliseconds'   writes ours
  compare.py OURS [THEIRS]

THEIRS is a folder of documents taken from a running server (v2.json and apis__apps__v1.json, ...).
Without it, the documents in the pinned k8s.io/kubernetes module are taken: those list what is off by
default too, so only definitions that both sides have are compared.
"""
import json
import pathlib
import subprocess
import sys


def plain(node):
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {k: plain(v) for k, v in node.items() if not (k == "description" and isinstance(v, str))}
    if list(out) == ["allOf"] and len(out["allOf"]) == 1:  # Only there to carry a description.
        return out["allOf"][0]
    return out


def operations(document):
    for path, item in document.get("paths", {}).items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if isinstance(operation, dict):
                operation = dict(operation)
                pointers = document.get("parameters", {})
                every = [pointers.get(p.get("$ref", "").rsplit("/", 1)[-1], p)
                         for p in operation.pop("parameters", []) + shared]
                operation["parameters"] = sorted(
                    (plain(p) for p in every), key=lambda p: (p["in"], p["name"]))
                for content in operation.pop("consumes", []), operation.pop("produces", []):
                    operation.setdefault("content", []).append(sorted(content))
                yield path + " " + method, plain(operation)


def report(title, ours, theirs, show=12):
    both = ours.keys() & theirs.keys()
    differ = sorted(k for k in both if ours[k] != theirs[k])
    print(f"{title}: {len(both)} in both, {len(differ)} differ, "
          f"{len(ours.keys() - both)} only ours, {len(theirs.keys() - both)} only theirs")
    for key in differ[:show]:
        print("  differs", key)
        first, second = ours[key], theirs[key]
        for part in sorted(set(first) | set(second)):
            a, b = first.get(part), second.get(part)
            if a == b:
                continue
            if isinstance(a, dict) and isinstance(b, dict):
                inner = [k for k in sorted(set(a) | set(b)) if a.get(k) != b.get(k)]
                for k in inner[:3]:
                    print(f"    {part}.{k}: {json.dumps(a.get(k))[:300]} / {json.dumps(b.get(k))[:300]}")
            else:
                print(f"    {part}: {json.dumps(a)[:400]} / {json.dumps(b)[:400]}")
    for key in sorted(ours.keys() - both)[:show]:
        print("  only ours", key)
    return len(differ)


def golden():
    out = subprocess.run(["go", "mod", "download", "-json", "k8s.io/kubernetes@v1.37.2"],
                         capture_output=True, check=True).stdout
    return pathlib.Path(json.loads(out)["Dir"]) / "api/openapi-spec"


def main():
    mine = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        theirs = pathlib.Path(sys.argv[2])
        files = {f.name: f for f in theirs.rglob("*.json") if f.name in {m.name for m in mine.iterdir()}}
    else:
        root = golden()
        files = {f.name.replace("_openapi.json", ".json"): f for f in (root / "v3").iterdir()}
        files["v2.json"] = root / "swagger.json"
    differ = 0
    ours, upstream, our_operations, their_operations = {}, {}, {}, {}
    for own in sorted(mine.glob("*.json")):
        if own.name not in files:
            continue
        a, b = json.loads(own.read_text()), json.loads(files[own.name].read_text())
        for document, kinds, ops in (a, ours, our_operations), (b, upstream, their_operations):
            schemas = document.get("definitions") or document.get("components", {}).get("schemas", {})
            for name, schema in schemas.items():
                kinds[own.name + " " + name] = plain(schema)
            for name, operation in operations(document):
                ops[own.name + " " + name] = operation
    differ += report("definitions", ours, upstream)
    differ += report("operations", our_operations, their_operations)
    return 1 if differ else 0


sys.exit(main())
