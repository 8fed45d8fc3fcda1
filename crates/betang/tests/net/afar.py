#!/usr/bin/env python3
"""Somebody watches from far away: a browser on a machine of its own, over a line that
delays, loses, is narrow, passes one port only, or changes under it (`sim net`).

    afar.py BETANG SIM [--figures]     --figures: more joins, longer looks; prints a table

Each case is a test: the picture plays or still pictures do, and the page says which and
why. How old a picture is, is read off the picture itself by the browser
(web/tests/afar.mjs). How fast is printed and judged by nobody here. Where this user may
make no namespaces and no TUN devices, the cases are skipped with the reason.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from machines import PASSWORD, Machine, Net, end, why_not

ROOT = Path(__file__).resolve().parents[4]
HERE, ELSEWHERE = "bt-rumah", "bt-4g"
# Browsers take a candidate at port 443 from a public address only (WebRTC's check of
# candidates allows no port below 1024 but 80 and 443, and those not at private addresses).
CENTRE = "203.0.113.10"
CAMERA = "jembatan"

# What is done to the line, both ways; a millisecond is one way.
NEAR = "delay=2 jitter=0 loss=0 rate=0 only=0"
PHONE = "delay=40 jitter=0 loss=20 rate=1500 only=0"
THIN = "delay=125 jitter=0 loss=30 rate=300 only=0"
DOOR = "delay=40 jitter=0 loss=0 rate=0 only=443"

CASES = ["near", "phone", "thin", "door", "moved"]


class Viewer:
    """A browser on a machine far away, by `web/tests/afar.mjs`."""

    def __init__(self, machine, folder):
        log = open(Path(folder) / "browser.log", "w")
        self.child = subprocess.Popen(
            machine.inside("node", ROOT / "web/tests/afar.mjs"), cwd=ROOT / "web",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)

    def __call__(self, deed, **words):
        self.child.stdin.write(json.dumps({"do": deed, **words}) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"the browser ended at {deed}"
        said = json.loads(line)
        assert "done" in said, (deed, words, said)
        return said["done"]

    def tile(self):
        return self("stand")["tiles"][0]


class World:
    def __init__(self, betang, sim, folder, figures):
        self.folder, self.figures = Path(folder), figures
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.net = Net(sim, ["bt-pusat"], [(HERE, "100.64.0.1"), (ELSEWHERE, "100.64.9.1")], seed=65)
        self.centre, self.machine = Machine(), Machine()
        self.centre.plug("bt-pusat", f"{CENTRE}/32")
        self.machine.plug(HERE, "192.168.8.10/24")
        films = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "films"
        cameras = subprocess.Popen(
            self.centre.inside(sim, "cameras", "--films", films), stdout=subprocess.PIPE, text=True)
        port = cameras.stdout.readline().split()[1]
        house = subprocess.Popen(
            self.centre.inside(betang, "serve", "--data", self.folder / "rumah", "--tls", "own",
                               "--listen", f"{CENTRE}:443", "--media", f"{CENTRE}:8189", "--sites", f"{CENTRE}:0"),
            env=os.environ | {"BETANG_ADMIN_PASSWORD": PASSWORD, "BETANG_CAMERA_NETWORKS": "127.0.0.0/8"}, stdout=subprocess.PIPE,
            stderr=open(self.folder / "rumah.log", "ab"), text=True)
        while not (line := house.stdout.readline()).startswith("media"):
            assert line, "the house ended before it was ready"
        rtsp = f"rtsp://127.0.0.1:{port}/cam-1"
        subprocess.run(
            [betang, "cameras", "add", "--data", self.folder / "rumah", "--short", CAMERA, "--name", "Jembatan",
             "--area", "62.71.01", "--main", f"{rtsp}/main", "--sub", f"{rtsp}/sub"], check=True, capture_output=True)
        self.line(NEAR)
        self.viewer = Viewer(self.machine, folder)
        self.viewer("come", url=f"https://{CENTRE}", username="admin", password=PASSWORD)

    def line(self, shape):
        for site in (HERE, ELSEWHERE):
            self.net.tell(f"{site} both {shape} heal")

    def joins(self):
        """How long the first picture takes, by opening the camera again and again."""
        found = [self.viewer("open", camera=CAMERA) for _ in range(20 if self.figures else 1)]
        self.opened = [each for each in found if each["first_ms"] is not None]
        return [each["first_ms"] for each in self.opened]

    def parts(self):
        """Where the time of those first pictures went, each from when it was asked for."""
        at = lambda name: nearest([each["parts"][name] for each in self.opened if name in each["parts"]], 50)
        return ", ".join(f"{name} {at(name):.0f}" for name in ("answer", "way", "keys") if at(name) is not None)

    def looks(self):
        """How old the picture on the screen is, in time."""
        return self.viewer("ages", seconds=60 if self.figures else 8)


def nearest(values, percent):
    """The nearest rank; none of none."""
    ranked = sorted(values)
    return ranked[max(1, -(-len(ranked) * percent // 100)) - 1] if ranked else None


def said(name, values):
    read = [each for each in values if each is not None]
    if not read:
        return f"{name}: none"
    return f"{name}: p50 {nearest(read, 50):.0f}, p95 {nearest(read, 95):.0f} ms of {len(read)}, {len(values) - len(read)} unread"


def near(world):
    """A good line: the main picture, over UDP."""
    joined = world.joins()
    world.viewer("until", rung="main")
    looked = world.looks()
    tile = world.viewer.tile()
    assert tile["transport"] == "udp", tile
    assert "video 1280" in looked["kinds"], looked["kinds"]
    return f"{said('first picture', joined)} ({world.parts()}); {said('age', looked['ages'])}; {looked['kinds']}"


def phone(world):
    """80 ms there and back, 2 % lost, 1.5 Mbit/s: the small picture, and why it is small."""
    world.line(PHONE)
    joined = world.joins()
    world.viewer("until", rung="sub")
    looked = world.looks()
    tile = world.viewer.tile()
    assert tile["why"], tile
    assert "video 640" in looked["kinds"], looked["kinds"]
    return f"{said('first picture', joined)} ({world.parts()}); {said('age', looked['ages'])}; {looked['kinds']}"


def thin(world):
    """250 ms, 3 % lost, 300 kbit/s: still pictures with their age, since no stream fits."""
    world.line(THIN)
    joined = world.joins()
    world.viewer("until", rung="stills")
    looked = world.looks()
    tile = world.viewer.tile()
    assert tile["why"], tile
    return f"{said('first picture', joined)} ({world.parts()}); {said('age', looked['ages'])}; {looked['kinds']}"


def door(world):
    """A network that passes TCP 443 and nothing else."""
    world.line(DOOR)
    joined = world.joins()
    looked = world.looks()
    tile = world.viewer.tile()
    assert tile["transport"] == "tcp:443", tile
    barred = world.net.tell("counts")["sites"][HERE]["up"]["barred"]
    assert barred > 0, "nothing else was tried, so nothing was shown"
    assert any(kind.startswith("video") for kind in looked["kinds"]), looked["kinds"]
    return f"{said('first picture', joined)} ({world.parts()}); {said('age', looked['ages'])}; {looked['kinds']}; {barred} packets barred"


def moved(world):
    """From the Wi-Fi of a house to the network of a phone, without a click; and back."""
    world.line(NEAR)
    world.viewer("open", camera=CAMERA)
    spans = []
    world.machine.take(ELSEWHERE)
    for turn in range(10 if world.figures else 2):
        old, new = [(HERE, ELSEWHERE), (ELSEWHERE, HERE)][turn % 2]
        world.looks() if turn == 0 else world.viewer("ages", seconds=3)
        address = {HERE: "192.168.8.10/24", ELSEWHERE: "10.7.0.5/24"}[new]
        world.viewer("mark")
        world.machine.run("sh", "-c", f"ip link set {old} down; ip addr flush dev {old}; ip link set {new} up; "
                          f"ip addr replace {address} dev {new}; ip route replace default dev {new}")
        spans.append(world.viewer("fresh")["after_ms"])
    return said("a new picture after another network", spans)


def main():
    flags = sys.argv[3:]
    reason = why_not("node", "chromium")
    if reason:
        print(f"skipped: {reason}")
        print(f"0 passed, 0 failed, {len(CASES)} skipped")
        return 0
    betang, sim = (os.path.abspath(it) for it in sys.argv[1:3])
    chosen = [flag for flag in flags if flag in CASES] or CASES
    passed = 0
    folder = tempfile.mkdtemp(prefix="betang-afar-")
    try:
        world = World(betang, sim, folder, "--figures" in flags)
        for case in chosen:
            began = time.monotonic()
            try:
                print(f"{case}: {globals()[case](world)} ({time.monotonic() - began:.0f} s)", flush=True)
                passed += 1
            except AssertionError as error:
                print(f"FAIL {case}: {error}\n{world.viewer('stand')}", flush=True)
    except Exception:
        for log in sorted(Path(folder).glob("*.log")):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
        traceback.print_exc()
    finally:
        end(folder)
    print(f"{passed} passed, {len(chosen) - passed} failed, 0 skipped")
    return passed != len(chosen)


if __name__ == "__main__":
    sys.exit(main())
