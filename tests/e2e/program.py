#!/usr/bin/env python3
"""The program as its users start and stop it: up, down, status, restart, bad flags, broken folders.

  program.py --thole build/thole --kubectl build/kubectl
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time


class World:
    """A home folder of its own, so that nobody's cluster or kubeconfig is touched."""

    def __init__(self, thole, kubectl, folder):
        self.thole, self.kubectl, self.folder = os.path.abspath(thole), os.path.abspath(kubectl), folder
        self.env = {"HOME": folder, "PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}

    def run(self, *command, status=0, stdin=None):
        done = subprocess.run(command, env=self.env, cwd=self.folder, capture_output=True, text=True,
                              timeout=60, input=stdin)
        text = done.stdout + done.stderr
        assert done.returncode == status, f"{command}: exit status {done.returncode}, not {status}:\n{text}"
        return text

    def t(self, *args, status=0):
        return self.run(self.thole, *args, status=status)

    def k(self, *args, status=0, stdin=None):
        return self.run(self.kubectl, *args, status=status, stdin=stdin)

    def free_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]


def up_serves_kubectl_keeps_everything_and_comes_down(w):
    said = w.t("up", "--listen", "127.0.0.1:0")
    assert "kubectl" in said, said
    assert "default" in w.k("get", "ns")
    w.k("create", "configmap", "kept", "--from-literal=a=b")
    before = w.k("get", "cm", "kept", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
    assert "running" in w.t("status")
    again = w.t("up", "--listen", "127.0.0.1:0")
    assert "running" in again, again
    w.t("down")
    w.t("status", status=1)
    w.t("up", "--listen", "127.0.0.1:0")
    assert before == w.k("get", "cm", "kept", "-o", "jsonpath={.metadata.uid} {.metadata.resourceVersion}")
    w.t("down")
    config = pathlib.Path(w.folder, ".kube/config").read_text()
    assert "thole" not in config, config


def up_runs_the_loops_a_cluster_needs(w):
    w.t("up", "--listen", "127.0.0.1:0")
    try:
        w.k("create", "ns", "short")
        w.k("wait", "--for=create", "sa/default", "-n", "short", "--timeout=10s")
        w.k("wait", "--for=create", "cm/kube-root-ca.crt", "-n", "short", "--timeout=10s")
        w.k("create", "cm", "inside", "-n", "short")
        w.k("delete", "ns", "short", "--timeout=20s")
        assert "NotFound" in w.k("get", "ns", "short", status=1)
    finally:
        w.t("down")


def up_leaves_other_peoples_entries_alone(w):
    theirs = {"apiVersion": "v1", "kind": "Config", "current-context": "work",
              "clusters": [{"name": "work", "cluster": {"server": "https://work.example.com"}}],
              "users": [{"name": "me", "user": {"token": "t"}}],
              "contexts": [{"name": "work", "context": {"cluster": "work", "user": "me"}}]}
    path = pathlib.Path(w.folder, ".kube/config")
    path.parent.mkdir()
    path.write_text(json.dumps(theirs))
    w.t("up", "--listen", "127.0.0.1:0")
    assert w.k("config", "current-context").strip() == "thole"
    w.t("down")
    assert w.k("config", "current-context").strip() == "work"
    assert "work.example.com" in path.read_text()


def kubeconfig_and_keys_are_for_their_owner_only(w):
    w.t("up", "--listen", "127.0.0.1:0")
    try:
        for path in pathlib.Path(w.folder, ".local/state/thole").rglob("*"):
            if path.is_file():
                assert path.stat().st_mode & 0o077 == 0, f"{path} is open to others"
        assert pathlib.Path(w.folder, ".kube/config").stat().st_mode & 0o077 == 0
    finally:
        w.t("down")


def a_port_in_use_is_said_with_what_to_do(w):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        address = f"127.0.0.1:{s.getsockname()[1]}"
        said = w.t("serve", "--ephemeral", "--listen", address, status=1)
    assert address in said and "in use" in said and "--listen" in said, said
    assert len(said.strip().split("\n")) == 1, said


def an_unwritable_folder_is_said_with_its_name(w):
    blocker = pathlib.Path(w.folder, "file")
    blocker.write_text("")
    said = w.t("serve", "--listen", "127.0.0.1:0", "--data", str(blocker / "data"), status=1)
    assert str(blocker) in said, said


def a_second_process_on_one_folder_is_refused(w):
    data = os.path.join(w.folder, "data")
    first, _ = start(w, data)
    try:
        said = w.t("serve", "--listen", "127.0.0.1:0", "--data", data, status=1)
        assert data in said, said
    finally:
        stop(first)


def misuse_exits_with_2(w):
    for args in ([], ["nothing"], ["serve", "--nothing"], ["serve"], ["completion", "tcsh"]):
        w.t(*args, status=2)


def help_and_version_and_completion(w):
    for command in ("up", "down", "status", "serve", "version", "completion"):
        assert "Example" in w.t(command, "--help"), command
    assert json.loads(w.t("version", "-o", "json"))["kubernetes"].startswith("v1.37")
    w.run("bash", "-n", "-c", w.t("completion", "bash"))
    assert "compdef" in w.t("completion", "zsh")
    assert "complete -c thole" in w.t("completion", "fish")


def a_stale_pid_file_does_no_harm(w):
    w.t("up", "--listen", "127.0.0.1:0")
    pid = json.loads(w.t("status", "-o", "json"))["pid"]
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    w.t("status", status=1)
    w.t("up", "--listen", "127.0.0.1:0")
    w.t("down")


def start(w, data):
    ready, write = os.pipe()
    config = os.path.join(w.folder, "kubeconfig")
    process = subprocess.Popen(
        [w.thole, "serve", "--listen", "127.0.0.1:0", "--data", data, "--kubeconfig", config,
         "--ready-fd", str(write)], pass_fds=[write], env=w.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.close(write)
    with os.fdopen(ready) as pipe:
        line = pipe.readline()
    assert line, process.stderr.read()
    return process, config


def stop(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def kill_9_loses_nothing_that_was_acknowledged(w):
    data = os.path.join(w.folder, "data")
    kept = []
    for round_ in range(5):
        process, config = start(w, data)
        names = w.k("--kubeconfig", config, "get", "cm", "-o", "name").split()
        for name in kept:
            assert f"configmap/{name}" in names, f"{name} is gone after kill -9"
        for i in range(3):
            name = f"r{round_}-{i}"
            w.k("--kubeconfig", config, "create", "cm", name)
            kept.append(name)
        process.kill()
        process.wait()


TESTS = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__code__", None) and value.__code__.co_varnames[:1] == ("w",)
         and value.__code__.co_argcount == 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--thole", required=True)
    parser.add_argument("--kubectl", required=True)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    passed = failed = 0
    for test in TESTS:
        if args.names and test.__name__ not in args.names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            world = World(args.thole, args.kubectl, folder)
            try:
                test(world)
                print(f"ok      {test.__name__}")
                passed += 1
            except Exception as error:  # pylint: disable=broad-except
                print(f"FAILED  {test.__name__}: {type(error).__name__}: {error}")
                failed += 1
            finally:
                subprocess.run([world.thole, "down"], env=world.env, capture_output=True, check=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
