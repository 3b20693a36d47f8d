#!/usr/bin/env python3
"""Prints what `make bench` measures: starts each server in turn, drives it with thole-load, and reads its
memory, processor time and wake-ups from the kernel. kube-apiserver and etcd take part where `make peers`
has built them; every server is measured in the same run, on the same machine.

  bench/run.py build/release [--seconds 5] [--only create,get]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time

import servers

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCENARIOS = ["create", "create16", "get", "get16", "patch16", "contended", "watch", "list"]


def mebibytes(count):
    return f"{count / (1 << 20):.1f} MiB"


def measure(server, load, seconds, scenarios):
    server.start()
    try:
        empty = server.resident()
        time.sleep(2)
        cpu, wakeups, idle = server.cpu(), server.wakeups(), 10
        time.sleep(idle)
        print(f"\n== {server.name}")
        print(f"start to ready        {server.ready_seconds * 1000:.1f} ms")
        print(f"resident, empty       {mebibytes(empty)}")
        print(f"idle                  {(server.cpu() - cpu) / idle * 100:.2f} % of a core, "
              f"{(server.wakeups() - wakeups) / idle:.1f} wake-ups a second")
        for scenario in scenarios:
            before = server.cpu()
            subprocess.run([load, "--kubeconfig", server.kubeconfig, "--seconds", str(seconds), scenario],
                           check=False)
            print(f"  server used {server.cpu() - before:.2f} s of processor time, "
                  f"now {mebibytes(server.resident())} resident", flush=True)
    finally:
        print(f"stop                  {server.stop() * 1000:.1f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SCENARIOS))
    args = parser.parse_args()
    program, load = os.path.join(args.folder, "thole"), os.path.join(args.folder, "thole-load")
    scenarios = args.only.split(",")
    print("== floor: the same bytes from a static buffer, through the same TLS and HTTP/2", flush=True)
    subprocess.run([load, "--seconds", str(args.seconds), "floor"], check=False)
    rivals = [servers.Thole(program, durable=False), servers.Thole(program, durable=True)]
    if servers.Upstream.available():
        script = str(ROOT / "tools" / "peers" / "up.sh")
        rivals += [servers.Upstream(script, durable=False), servers.Upstream(script, durable=True)]
    else:
        print("kube-apiserver and etcd are not built: `make peers` builds them, to be measured beside")
    for server in rivals:
        measure(server, load, args.seconds, scenarios)
    return 0


if __name__ == "__main__":
    sys.exit(main())
