#!/usr/bin/env python3
"""A house that asks addresses by itself: who answers is who fping finds alive, before a
cable is cut, while it is, and after. Without the right to send ICMP it says what lacks and
asks for connections, and with that right given it goes on by echoes.

    nodes.py BETANG     alone, with the right to make namespaces
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from machines import PASSWORD, until
from probes import WITHOUT, build, setting

VILLAGE, ROUTER, DROPPED = "10.78.0.2", "10.77.0.2", "10.81.0.1"
EVERY = [VILLAGE, ROUTER, "fd77::2", DROPPED]
# The centre's own, and that of all machines of its network.
OWN = ["10.77.0.1", "fd77::1", "10.77.0.255"]


class Local(http.client.HTTPConnection):
    """HTTP over the socket in the data folder."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class House:
    def __init__(self, betang, machine, folder):
        self.data, self.log = f"{folder}/rumah", Path(f"{folder}/rumah.log")
        self.child = subprocess.Popen(
            machine.inside(*WITHOUT, betang, "serve", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0",
                           "--sites", "127.0.0.1:0", "--data", self.data),
            env=os.environ | {"BETANG_ADMIN_PASSWORD": PASSWORD},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(self.log, "ab"), text=True)
        while not (line := self.child.stdout.readline()).startswith("media"):
            assert line, self.log.read_text()[-2000:]
        # Whatever else it says is read, so that it never waits for a reader.
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def call(self, method, path, body=None):
        line = Local(f"{self.data}/betang.sock")
        headers = {"content-type": "application/json"} if body is not None else {}
        line.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = line.getresponse()
        text = answer.read()
        line.close()
        return answer.status, json.loads(text) if text else None

    def page(self):
        status, page = self.call("GET", "/api/v1/nodes")
        assert status == 200, page
        return page

    def nodes(self):
        return {it["address"]: it for it in self.page()["items"]}


def alive(machine):
    """By a counterpart that shares nothing with the house."""
    found = subprocess.run(machine.inside("fping", "-a", "-r", "1", *EVERY), capture_output=True, text=True)
    return sorted(found.stdout.split())


def answering(house, way=None):
    """Who answers, once each has been asked, all of them by that way."""
    nodes = house.nodes()
    is_asked = all(it["last"] and way in (None, it["last"]["way"]) for it in nodes.values())
    return sorted(it for it, node in nodes.items() if node["state"] == "answers") if is_asked else None


def whole(betang):
    machines = build()
    folder = tempfile.mkdtemp(prefix="betang-nodes-")
    house = None
    try:
        house = House(betang, machines[0], folder)
        return judge(house, *machines)
    finally:
        if house and house.child.poll() is None:
            house.child.kill()
            house.child.wait()
        for machine in machines:
            machine.end()
        shutil.rmtree(folder, ignore_errors=True)


def judge(house, centre, router, village):
    every = [VILLAGE, ROUTER, "fd77::2"]
    until("the machines are there", lambda: alive(centre) == sorted(every))
    status, said = house.call("POST", "/api/v1/nodes/list", {"lines": "\n".join(OWN), "area": "62", "preview": True})
    assert status == 200 and {it["fault"] for it in said["lines"]} == {"own"}, said
    lines = "\n".join(f"Perangkat {n};{it}" for n, it in enumerate(EVERY))
    status, said = house.call("POST", "/api/v1/nodes/list", {"lines": lines, "area": "62"})
    assert status == 201 and said["added"] == len(EVERY), said
    # Whoever refuses a connection answers, too.
    until("they answer by connections", lambda: answering(house, "tcp") == sorted(every))
    until("a round over all of them", lambda: house.page()["round"])
    lacks = house.page()["round"]
    for lack in (lacks["lack_v4"], lacks["lack_v6"]):
        assert "CAP_NET_RAW is missing" in lack and "net.ipv4.ping_group_range = " in lack, lacks
    sysctl = next(line for line in lacks["lack_v4"].splitlines() if "ping_group_range = " in line)
    setting(centre, "net/ipv4/ping_group_range", f"'{sysctl.split(' = ')[1]}'")
    router.run("ip", "link", "set", "pq", "down")
    left = sorted([ROUTER, "fd77::2"])
    assert alive(centre) == left
    until("the cut is seen, by echoes", lambda: answering(house, "icmp") == left)
    cut = house.nodes()[VILLAGE]
    assert (cut["state"], cut["last"]["answered"], cut["last"]["refusal"]) == ("silent", 0, "network"), cut
    dropped = house.nodes()[DROPPED]
    assert (dropped["state"], dropped["last"]["sent"], dropped["last"]["refusal"]) == ("silent", 5, None), dropped
    until("the round says that nothing lacks", lambda: not house.page()["round"]["lack_v4"])
    router.run("ip", "link", "set", "pq", "up")
    until("the village is there again", lambda: alive(centre) == sorted(every))
    until("the house sees it, too", lambda: answering(house) == sorted(every))
    # The cable may have come back in the midst of a round, which then has fewer answers.
    until("a round has all its answers", lambda: house.nodes()[VILLAGE]["last"]["answered"] == 5)
    found = house.nodes()[VILLAGE]
    assert found["last"]["sent"] == 5, found
    assert 0 < found["last"]["min_us"] <= found["last"]["median_us"], found
    status, history = house.call("GET", f"/api/v1/nodes/{found['id']}")
    spans = [it["state"] for it in history["spans"]]
    assert status == 200 and spans[:2] == ["answers", "silent"], history
    edges = [(it["from_us"], it["to_us"]) for it in history["spans"]]
    assert all(begin < end for begin, end in edges) and edges == sorted(edges), history
    # Somebody is still to be asked when the house is told to end.
    status, _ = house.call("POST", "/api/v1/nodes", {"name": "baru", "address": "10.78.0.3"})
    assert status == 201
    house.child.send_signal(signal.SIGTERM)
    assert house.child.wait() == 0
    assert "a task was dropped" not in house.log.read_text()
    return f"{len(every)} of {len(EVERY)} nodes answer, as fping says; a cut is seen and its end: {spans}"


if __name__ == "__main__":
    if len(sys.argv) == 2:
        os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, "-B", *sys.argv, "inside"])
    print(whole(str(Path(sys.argv[1]).resolve())))
