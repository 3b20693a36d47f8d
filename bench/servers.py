"""Starts and stops the servers that `make bench` compares, and reads what they use.

Every server is a Server with start(), stop(), kubeconfig, and pids; numbers come from /proc, so that no
server reports its own.
"""

import os
import pathlib
import signal
import subprocess
import tempfile
import time

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def wakeups(pid):
    """Voluntary context switches of all threads: how often something slept and was woken."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


class Server:
    name = ""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="thole-bench-")
        self.kubeconfig = os.path.join(self.folder.name, "kubeconfig")
        self.pids = []
        self.ready_seconds = 0.0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()

    def start(self):
        raise NotImplementedError

    def stop(self):
        """Returns the seconds from the signal to the end of the process."""
        raise NotImplementedError

    def resident(self):
        return sum(resident_bytes(pid) for pid in self.pids)

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in self.pids)

    def wakeups(self):
        return sum(wakeups(pid) for pid in self.pids)


class Thole(Server):
    def __init__(self, program, durable):
        super().__init__()
        self.name = "thole, durable" if durable else "thole, in memory"
        self.program, self.durable, self.process = program, durable, None

    def start(self):
        ready, write = os.pipe()
        keep = ["--data", os.path.join(self.folder.name, "data")] if self.durable else ["--ephemeral"]
        started = time.monotonic()
        self.process = subprocess.Popen(
            [self.program, "serve", "--listen", "127.0.0.1:0", *keep, "--kubeconfig", self.kubeconfig,
             "--ready-fd", str(write), "-v", "0"], pass_fds=[write])
        os.close(write)
        with os.fdopen(ready) as pipe:
            line = pipe.readline()
        self.ready_seconds = time.monotonic() - started
        if not line:
            raise RuntimeError("thole did not start")
        self.pids = [self.process.pid]

    def stop(self):
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return time.monotonic() - started


class Upstream(Server):
    """kube-apiserver and etcd, where `make peers` has built them."""

    def __init__(self, script, durable):
        super().__init__()
        self.name = "kube-apiserver + etcd" + (", durable" if durable else ", no fsync")
        self.script, self.durable = script, durable
        self.run = os.path.join(self.folder.name, "run")

    @staticmethod
    def available():
        cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
        peers = pathlib.Path(os.environ.get("PEERS", os.path.join(cache, "thole-peers")))
        return (peers / "bin" / "kube-apiserver").exists() and (peers / "bin" / "etcd").exists()

    def start(self):
        env = {**os.environ, "FSYNC": "1" if self.durable else "0"}
        started = time.monotonic()
        subprocess.run([self.script, "start", self.run], check=True, env=env, stdout=subprocess.DEVNULL)
        self.ready_seconds = time.monotonic() - started
        self.kubeconfig = os.path.join(self.run, "kubeconfig")
        self.pids = [int(line.split()[1]) for line in pathlib.Path(self.run, "pids").read_text().splitlines()]

    def stop(self):
        started = time.monotonic()
        subprocess.run([self.script, "stop", self.run], check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - started
