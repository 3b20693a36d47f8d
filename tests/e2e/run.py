#!/usr/bin/env python3
"""Runs transcripts of a real kubectl against a server, and compares what it prints.

A transcript (*.test) is text: a line that starts with "$ " is a command for bash, what follows is the
output expected of it (standard output, then standard error), and "? N" states an exit status other
than 0. In expected output <*> stands for any text of one line, and a line <**> for any number of
lines. Lines that start with "#" explain. A line "%gap REASON" before a command says that our server is not
there yet: the step must fail, and the line must go once it holds.  "$ cat > FILE <<EOF" and the lines to EOF belong to the
command.

  run.py --thole build/thole --kubectl build/kubectl [file...]     a fresh server for each transcript
  run.py --kubeconfig FILE --kubectl kubectl [file...]             against any server that runs
  run.py ... --update                                              writes what was printed into the files
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


class Step:
    def __init__(self, line, command):
        self.line, self.command, self.expected, self.status, self.gap = line, command, [], 0, ""


def parse(path):
    """The lines before the first command, and the steps."""
    head, steps, lines, i, gap = [], [], path.read_text().split("\n"), 0, ""
    while i < len(lines):
        line = lines[i]
        if line.startswith("%gap "):
            gap = line[5:]
        elif line.startswith("$ "):
            command, number = [line[2:]], i + 1
            heredoc = re.search(r"<<-?'?(\w+)'?", line)
            while heredoc and i + 1 < len(lines):
                i += 1
                command.append(lines[i])
                if lines[i] == heredoc.group(1):
                    break
            steps.append(Step(number, "\n".join(command)))
            steps[-1].gap, gap = gap, ""
        elif steps and re.fullmatch(r"\? \d+", line):
            steps[-1].status = int(line[2:])
        elif steps and not line.startswith("#"):
            steps[-1].expected.append(line)
        else:
            (steps[-1].expected if steps else head).append(line)
        i += 1
    return head, steps


def trim(lines):
    lines = [line.rstrip() for line in lines if not line.startswith("#")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def matches(expected, got):
    pattern = ""
    for line in trim(expected):
        if line == "<**>":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("<*>")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in trim(got))) is not None


class Thole:
    """One server of our own, in memory, gone when the block ends."""

    def __init__(self, program, folder):
        self.kubeconfig = os.path.join(folder, "kubeconfig")
        ready, write = os.pipe()
        self.log = open(os.path.join(folder, "server.log"), "w+")
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--ephemeral", "--kubeconfig", self.kubeconfig,
             "--ready-fd", str(write)], pass_fds=[write], stdout=self.log, stderr=self.log)
        os.close(write)
        with os.fdopen(ready) as pipe:
            if not pipe.readline():
                self.log.seek(0)
                sys.exit(f"the server did not start: {self.log.read()}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return -1


def run_file(path, kubectl, kubeconfig, folder, update, ours):
    head, steps = parse(path)
    env = {**os.environ, "KUBECONFIG": kubeconfig, "HOME": folder, "KUBECTL": kubectl, "LC_ALL": "C",
           "TZ": "UTC", "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    link = os.path.join(folder, "bin", "kubectl")
    if not os.path.exists(link):
        os.symlink(os.path.abspath(kubectl), link)
    failures, gaps, text = [], 0, list(head)
    for step in steps:
        try:
            done = subprocess.run(["bash", "-c", step.command], env=env, cwd=folder, capture_output=True,
                                  text=True, timeout=60)
            got, status = (done.stdout + done.stderr).split("\n"), done.returncode
        except subprocess.TimeoutExpired:
            got, status = ["timed out after 60 s"], 124
        ok = status == step.status and matches(step.expected, got)
        if step.gap and ours:
            gaps += 1
            if ok:
                failures.append(f"{path.name}:{step.line}: this holds now; take its %gap line away\n")
        elif not ok:
            failures.append(f"{path.name}:{step.line}: $ {step.command.splitlines()[0]}\n"
                            f"  exit status {status}, expected {step.status}; printed:\n"
                            + "".join(f"    {line}\n" for line in trim(got)[:40])
                            + "  expected:\n" + "".join(f"    {line}\n" for line in trim(step.expected)[:40]))
        text += ([f"%gap {step.gap}"] if step.gap else []) + ["$ " + step.command] + (step.expected if ok else trim(got) + [""])
        if (status if not ok else step.status) != 0:
            text.insert(len(text) - len(step.expected if ok else trim(got) + [""]), f"? {status}")
    if update and failures:
        path.write_text("\n".join(text).rstrip("\n") + "\n")
    return len(steps), gaps, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--thole")
    parser.add_argument("--kubeconfig")
    parser.add_argument("--kubectl", required=True)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    files = [pathlib.Path(name) for name in args.files] or sorted(HERE.glob("*.test"))
    passed = failed = known = 0
    for path in files:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            server = Thole(args.thole, folder) if args.thole else None
            count, gaps, failures = run_file(path, args.kubectl,
                                             server.kubeconfig if server else args.kubeconfig, folder,
                                             args.update, server is not None)
            if server and (status := server.stop()) != 0:
                server.log.seek(0)
                failures.append(f"{path.name}: the server ended with {status}:\n{server.log.read()[-2000:]}")
        for failure in failures:
            print(failure)
        print(f"{path.name}: {count - gaps - len(failures)} of {count} commands, {gaps} known gaps, "
              f"{time.monotonic() - started:.1f} s")
        passed += max(0, count - gaps - len(failures))
        failed += len(failures)
        known += gaps
    if known:
        print(f"known gaps: {known}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
