"""Machines that are network namespaces, the network between them, and what runs there.

Shares no code with the house: what a box and the house say is read from the two
commands that people have for it.
"""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

PASSWORD = "huma-betang-kahayan-24"
NAME = "pusat.uji"
DOOR = 8443
CENTRE, DNS, STRANGER, PORTAL = "10.62.0.1", "10.62.0.53", "10.62.0.99", "10.62.0.80"

ANCHORS = ["10.62.0.11", "10.62.0.12", "10.62.0.13"]

# So long anything may take until it is so. A guard against hanging.
PATIENCE = 240

INSIDE = "IN_NAMESPACES"


def why_not(*tools):
    """Enters namespaces of its own; why that cannot be."""
    if os.environ.get(INSIDE):
        try:
            os.close(os.open("/dev/net/tun", os.O_RDWR))
        except OSError as error:
            return f"/dev/net/tun: {error.strerror}"
        return None
    for tool in ["unshare", "nsenter", "ip", "mount", *tools]:
        if not shutil.which(tool):
            return f"{tool} is not installed"
    ways = [["unshare", "-n", "-m"], ["unshare", "-U", "-r", "-n", "-m"]]
    for way in ways:
        tried = subprocess.run([*way, "true"], capture_output=True, text=True)
        if tried.returncode == 0:
            os.environ[INSIDE] = "1"
            os.execvp(way[0], [*way, sys.executable, *sys.argv])
    return f"no namespaces: {tried.stderr.strip()}"


def end(folder):
    """Ends what was started here; the namespaces go with their last program."""
    children = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True)
    for pid in children.stdout.split():
        subprocess.run(["kill", "-9", pid], capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


class Machine:
    """A network namespace and a mount namespace, held by a process that waits."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c", "echo ada; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.holder.stdout.readline() == b"ada\n"
        self.run("ip", "link", "set", "lo", "up")

    def inside(self, *args):
        return ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "--", *map(str, args)]

    def run(self, *args):
        done = subprocess.run(self.inside(*args), capture_output=True, text=True)
        assert done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def take(self, device):
        """Takes a device of the network, which stays down."""
        subprocess.run(["ip", "link", "set", device, "netns", str(self.holder.pid)], check=True)

    def plug(self, device, *addresses):
        """Takes a device of the network, with its addresses, as the way to everywhere."""
        self.take(device)
        for address in addresses:
            self.run("ip", "addr", "add", address, "dev", device)
        self.run("ip", "link", "set", device, "up")
        self.run("ip", "route", "add", "default", "dev", device)

    def end(self):
        self.holder.stdin.close()
        self.holder.wait()


class Net:
    """The program that carries packets between the devices: `sim net`."""

    def __init__(self, sim, places, sites, seed):
        args = [sim, "net", "--seed", str(seed)]
        for place in places:
            args += ["--place", place]
        for site, public in sites:
            args += ["--site", f"{site}={public}"]
        self.child = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # Orders and answers go in turn.
        self.one = threading.Lock()
        said = self.child.stdout.readline()
        assert said == "ready\n", said

    def tell(self, order):
        with self.one:
            self.child.stdin.write(order + "\n")
            self.child.stdin.flush()
            answer = json.loads(self.child.stdout.readline())
        assert "done" in answer, (order, answer)
        return answer["done"]

    def end(self):
        self.child.stdin.close()
        self.child.wait()


class House:
    """`betang serve` on the machine of the centre."""

    def __init__(self, betang, machine, data):
        self.betang, self.machine, self.data = betang, machine, data
        self.child = None
        self.start()

    def start(self):
        log = open(f"{self.data}.log", "ab")
        self.child = subprocess.Popen(
            self.machine.inside(
                self.betang, "serve", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0",
                "--sites", f"{CENTRE}:{DOOR}", "--data", self.data),
            env=os.environ | {"BETANG_ADMIN_PASSWORD": PASSWORD, "BETANG_SITES_HOST": f"{NAME}:{DOOR}"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        while not (line := self.child.stdout.readline()).startswith("media"):
            assert line, "the house ended before it was ready"

    def kill(self):
        self.child.kill()
        self.child.wait()

    def ask(self, *args):
        done = subprocess.run([self.betang, *map(str, args), "--data", self.data], capture_output=True, text=True)
        assert done.returncode == 0, f"{args}: {done.stderr}"
        return done.stdout

    def site(self, number):
        """A new site, and the QR of a code that lets a box in that stands there."""
        where = f"-2.3{number},114.05"
        site = self.ask("sites", "add", "--name", f"Kantor Desa {number}", "--area", "62.01",
                        f"--point={where}").strip()
        ticket = self.ask("sites", "code", site, "--near", "2000").splitlines()[0]
        return site, ticket, where

    def bodies(self, site):
        """The same with what the records say."""
        return json.loads(self.ask("sites", "records", "--site", site, "--format", "json"))

    def records(self, site):
        """What is held of a site: rows of the table."""
        text = self.ask("sites", "records", "--site", site, "--format", "csv")
        return list(csv.DictReader(io.StringIO(text)))


class Box:
    """`betang agent` on the machine of a site."""

    def __init__(self, betang, machine, data, device):
        self.betang, self.machine, self.data, self.device = betang, machine, Path(data), device
        self.site = None
        self.child = None
        # How often its program was started: as often the house hears of it.
        self.starts = 0
        # How it looks whether there is an internet.
        self.looks = []

    def enrol(self, house, number):
        self.site, ticket, where = house.site(number)
        return subprocess.Popen(
            self.machine.inside(self.betang, "agent", "enrol", ticket, f"--at={where}", "--data", self.data),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def start(self, every=1):
        self.starts += 1
        # What the program before has said of itself is no news.
        self.machine.run("rm", "-f", self.data / "status.json")
        log = open(f"{self.data}.log", "ab")
        self.child = subprocess.Popen(
            self.machine.inside(self.betang, "agent", "--every", every, "--data", self.data,
                                *map(str, self.looks)),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self, how=signal.SIGKILL):
        self.child.send_signal(how)
        self.child.wait()

    def log(self):
        return Path(f"{self.data}.log").read_text()

    def status(self):
        """What `betang agent status` says."""
        text = self.machine.run(self.betang, "agent", "status", "--json", "--data", self.data)
        return json.loads(text)["live"]

    def peek(self):
        """The same off the file that it is read from, for whoever looks again and again."""
        try:
            return json.loads(Path(f"/proc/{self.machine.holder.pid}/root{self.data}/status.json").read_text())
        except FileNotFoundError:
            return {"open": False, "chains": []}

    def eyes(self):
        """What it has seen last, off the file that its status is read from."""
        try:
            path = f"/proc/{self.machine.holder.pid}/root{self.data}/lookout.json"
            return json.loads(Path(path).read_text())["shown"]
        except FileNotFoundError:
            return {"last_round_us": 0, "internet": None, "anchors": []}

    def sees(self, internet, since):
        """A round that began to be looked for after `since` (wall, seconds) found that."""
        seen = self.eyes()
        return (seen["last_round_us"] or 0) / 1e6 > since and seen["internet"] is internet

    def chains(self, said=None):
        """Of each stream and epoch the newest number, and up to where it is acknowledged."""
        return {(chain["stream"], chain["epoch"]): (chain["head"], chain["acked"])
                for chain in (said or self.peek())["chains"]}

    def made(self, stream=None):
        return sum(head for (which, _), (head, _) in self.chains().items() if stream in (None, which))

    def acked(self):
        return sum(acked for _, acked in self.chains().values())

    def is_drained(self):
        chains = self.chains()
        return bool(chains) and all(head == acked for head, acked in chains.values())


def until(what, is_so, patience=PATIENCE):
    """Looks until it is so; how long that was."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() < began + patience, f"it never was: {what}"
        # This leaves the machine to those who are waited for.
        time.sleep(0.02)
    return time.monotonic() - began


def compare(box, chains, rows):
    """Holds what the box has made against what the house holds. Returns how many records,
    gaps and duplicates there are, and what else does not fit."""
    numbers, gaps, wrong = {}, 0, []
    for row in rows:
        if row["gap"]:
            gaps += 1
            continue
        numbers.setdefault((row["stream"], row["epoch"]), []).append(int(row["seq"]))
    records = sum(map(len, numbers.values()))
    duplicates = records - sum(len(set(held)) for held in numbers.values())
    # A record that is told twice under two names is a duplicate too.
    made_as = [(row["stream"], row["made_epoch"] or row["epoch"], row["made_seq"] or row["seq"])
               for row in rows if not row["gap"]]
    duplicates += len(made_as) - len(set(made_as))
    for chain, (head, acked) in chains.items():
        held = sorted(set(numbers.pop(chain, [])))
        if held != list(range(1, head + 1)):
            missing = sorted(set(range(1, head + 1)) - set(held))
            gaps += len(missing)
            wrong.append(f"{chain}: of 1..{head} {missing[:5]} are not held")
        if acked != head:
            wrong.append(f"{chain}: {head} made, {acked} acknowledged")
    wrong += [f"{chain}: held, and the box knows nothing of it" for chain in numbers]
    starts = sum(row["kind"] == "started" for row in rows)
    if starts != box.starts:
        wrong.append(f"started {box.starts} times, {starts} are held")
    return records, gaps, duplicates, wrong
