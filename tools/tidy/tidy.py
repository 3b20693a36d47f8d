#!/usr/bin/env python3
"""Holds the code against the rules that a compiler doesn't know.

The layer table in docs/ARCHITECTURE.md says which layer may include which; the lists below say which
calls belong to which layer. Prints every breach with file and line, then a tally.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "thole"

# What only some layers may name: (pattern, layers that may, why).
BANNED = [
    (r"\bstd::(this_thread|thread|jthread)\b", {"real", "memmodel", "lab"}, "threads are real's"),
    (r"\bstd::(recursive_|shared_|timed_)?mutex\b|\bstd::condition_variable", {"real", "lab"},
     "no locks: state belongs to one executor"),
    (r"\b(steady|system|high_resolution)_clock::now\b|\bclock_gettime\b|\bgettimeofday\b|\btime\(nullptr\)",
     {"real", "lab"}, "time comes through the Clock seam"),
    (r"\bstd::random_device\b|\bgetrandom\(|\bs?rand\(\)|\bstd::mt19937", {"real"},
     "randomness comes through the Random seam"),
    (r"(?<![\w>])::(open|read|write|socket|connect|fsync|fdatasync)\s*\(|\bfopen\s*\(|\bstd::[io]?fstream\b",
     {"real", "lab"}, "files and sockets are real's"),
    (r"\basio::(steady_timer|system_timer|io_context|ip::tcp|ssl::|thread_pool|signal_set|strand|system_executor)",
     {"real"}, "timers, sockets and threads of Asio are real's"),
    (r"\bgetenv\(", {"real"}, "the environment is read through real"),
]

# Files that may lock, and why. Nothing is awaited under any of these.
LOCKS = {
    "src/thole/base/metrics.hpp": "a request takes it for the length of a lookup, to find its counters; counting is "
                                  "atomic",
    "src/thole/base/metrics.cpp": "as in metrics.hpp",
    "src/thole/api/crd/custom_resources.cpp": "taken to rebuild what is derived from CRDs, after one changed; requests "
                                              "read the finished registry without it",
    "src/thole/api/openapi.hpp": "taken by requests for the OpenAPI documents alone: one makes them, the others want "
                                 "what it made",
    "src/thole/api/admission/service_addresses.cpp": "taken by writes of Services alone: two that run at once must "
                                                     "not be given the same address",
}

# Heavy headers that ours must not pull into everyone's build.
HEAVY = re.compile(r'#include <(boost/(?!asio/awaitable\.hpp)|nghttp2/|openssl/|simdjson|zlib\.h|yaml\.h|CLI/)')

INCLUDE = re.compile(r'^\s*#include "thole/([a-z]+)/([^"]+)"')


def layer_table():
    table = {}
    for line in (ROOT / "docs" / "ARCHITECTURE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[0].isdigit():
            names = re.findall(r"`(\w+)`", cells[1])
            uses = set(re.findall(r"[a-z]+", cells[3]))
            for name in names:
                table[name] = uses | {"base", name}
    return table


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r'//[^\n]*', "", re.sub(r'"(\\.|[^"\\\n])*"', '""', text))


def main():
    table = layer_table()
    breaches, checks = [], 0

    def check(ok, where, why):
        nonlocal checks
        checks += 1
        if not ok:
            breaches.append(f"{where}: {why}")

    files = sorted(path for path in SOURCE.rglob("*") if path.suffix in (".hpp", ".cpp"))
    check(len(files) > 0 and len(table) > 10, "docs/ARCHITECTURE.md", "the layer table was not found")
    for path in files:
        layer = path.relative_to(SOURCE).parts[0]
        name = str(path.relative_to(ROOT))
        # What only tests include may use what tests may: testing.hpp, testing_disk.hpp, test_world.hpp.
        is_test = re.search(r"_(test|bench|fuzz)\.cpp$|^(fuzz|test|testing)(_\w+)?\.(hpp|cpp)$", path.name) is not None
        check(layer in table, name, f"layer {layer} is not in docs/ARCHITECTURE.md")
        allowed = table.get(layer, set()) | ({"sim", "real"} if is_test else set())
        text = path.read_text()
        lines = text.splitlines()
        code = strip_comments(text).splitlines()
        if path.suffix == ".hpp":
            check("#pragma once" in lines[:3], name, "a header begins with #pragma once")
        for number, line in enumerate(lines, 1):
            where = f"{name}:{number}"
            included = INCLUDE.match(line)
            if included:
                check(included.group(1) in allowed, where,
                      f"{layer} may not include {included.group(1)} (docs/ARCHITECTURE.md, Layers)")
                target = SOURCE / included.group(1) / included.group(2)
                check(is_test or not re.match(r"test(ing)?(_\w+)?\.hpp$", target.name), where,
                      "only tests include what is for tests")
                check(target.exists() or included.group(2).endswith(".inc"), where, "includes a file that is not there")
            if path.suffix == ".hpp" and line.startswith("#include"):
                check(is_test or not HEAVY.match(line), where, "keep this header out of ours: include it in a .cpp")
        if is_test:
            continue
        for number, line in enumerate(code, 1):
            for pattern, layers, why in BANNED:
                if re.search(pattern, line):
                    may_lock = "mutex" in pattern and name in LOCKS
                    check(layer in layers or may_lock, f"{name}:{number}", f"{why}: {line.strip()[:80]}")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    for name in tracked:
        if name.endswith((".cpp", ".hpp", ".py", ".sh", ".go", ".md", "Makefile", ".txt", ".cmake")):
            check(not re.search(r"/(work|root|home/\w+)/", (ROOT / name).read_text(errors="replace"))
                  if (ROOT / name).exists() else True, name, "names a path of one machine")
    for breach in breaches:
        print(breach)
    print(f"tidy: {checks - len(breaches)} checks hold, {len(breaches)} do not")
    print(f"{0 if breaches else 1} passed, {1 if breaches else 0} failed")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
