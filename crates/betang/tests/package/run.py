#!/usr/bin/env python3
"""The package as a machine gets it: installed, upgraded over the first release's data,
rolled back and purged, in a small Debian of its own without a network.

    run.py BETANG XTASK

BETANG is a build for development: told to, it plays the next version, with one table more.
Both versions are packed by `xtask release`; the data is `tests/fixtures/betang-*.tar.zst`.

The tree is made once by debootstrap and kept in ~/.cache/betang (BETANG_TEST_CACHE); where
no mirror answers and none is kept, or this user is not root, everything is skipped with the
reason. Each run works on a copy, in namespaces of its own: no network but loopback, no
processes but its own.

systemd cannot run there. What it would start is read from the unit that the package has
installed, User, ExecStart and EnvironmentFile, and started so by setpriv.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
FIXTURES = HERE.parent / "fixtures"
PASSWORD = "huma-betang-kahayan-24"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
OLD, NEW = "0.1.0", "0.2.0"
CONFIG = "/etc/betang/betang.toml"
CASES = ["reproducible", "installed", "examined", "served", "upgraded", "refused", "rolled_back", "purged"]


def skip(why):
    print(f"skipped: package: {why}")
    print(f"0 passed, 0 failed, {len(CASES)} skipped")
    sys.exit(0)


def said(*command, **more):
    done = subprocess.run([str(it) for it in command], capture_output=True, text=True, timeout=600, **more)
    return done.returncode, done.stdout + done.stderr


def right(*command, **more):
    code, text = said(*command, **more)
    assert code == 0, f"{command}: {code}\n{text}"
    return text


def suite():
    """The Debian or Ubuntu whose C library the program was linked with."""
    words = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
    return words.get("VERSION_CODENAME", "")


def tree():
    """The tree that is kept; made when there is none."""
    if os.geteuid() != 0:
        skip("debootstrap and chroot need root")
    if not shutil.which("debootstrap"):
        skip("debootstrap is not installed")
    cache = Path(os.environ.get("BETANG_TEST_CACHE", Path.home() / ".cache/betang"))
    kept = cache / f"debian-{suite()}"
    if kept.is_dir():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    part = cache / f"debian-{suite()}.part"
    shutil.rmtree(part, ignore_errors=True)
    code, text = said("debootstrap", "--variant=minbase", suite(), part)
    if code != 0:
        shutil.rmtree(part, ignore_errors=True)
        last = text.strip().splitlines()[-1:] or ["no word"]
        skip(f"no tree could be made: {last[0]}")
    part.rename(kept)
    return kept


class World:
    def __init__(self, betang, xtask, kept, folder):
        self.folder, self.xtask = folder, xtask
        self.tree = folder / "tree"
        # What is packed is what people get: without the names that only a debugger reads.
        self.betang = folder / "betang"
        right("strip", "-o", self.betang, betang)
        right("cp", "-a", "--reflink=auto", kept, self.tree)
        right("mount", "-t", "proc", "proc", self.tree / "proc")
        right("mount", "--bind", "/dev", self.tree / "dev")
        right("ip", "link", "set", "lo", "up")
        self.version = None
        self.packages = {version: self.packed(version, version) for version in (OLD, NEW)}

    def packed(self, version, name):
        out = self.folder / f"packed-{name}"
        right(self.xtask, "release", "--binary", self.betang, "--without-agent", "--level", "1",
              "--version", version, "--out", out, cwd=ROOT)
        right("sha256sum", "--check", "--quiet", "SHA256SUMS", cwd=out)
        return out / f"betang_{version}_amd64.deb"

    def environment(self):
        more = {"BETANG_TEST_NEXT": "1"} if self.version == NEW else {}
        return {"PATH": PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **more}

    def inside(self, *command):
        return said("chroot", self.tree, *command, env=self.environment())

    def install(self, version):
        package = self.packages[version]
        shutil.copy(package, self.tree / "tmp/betang.deb")
        code, text = self.inside("dpkg", "-i", "/tmp/betang.deb")
        assert code == 0, text
        self.version = version
        return text

    def unit(self, key):
        text = (self.tree / "usr/lib/systemd/system/betang.service").read_text()
        return re.search(rf"^{key}=(.*)$", text, re.M).group(1)

    def as_service(self, *command):
        user = self.unit("User")
        return ["chroot", str(self.tree), "setpriv", f"--reuid={user}", f"--regid={self.unit('Group')}",
                "--clear-groups", "--no-new-privs", "--bounding-set=-all,+net_bind_service", *command]

    def verb(self, *words):
        return said(*self.as_service("/usr/bin/betang", *words, "--config", CONFIG), env=self.environment())

    def start(self):
        return House(self)

    def serve_to_end(self):
        return said(*self.as_service(*self.unit("ExecStart").split()), env=self.environment())


class House:
    """The house as the unit starts it."""

    def __init__(self, world):
        command = world.as_service(*world.unit("ExecStart").split())
        self.process = subprocess.Popen(command, env=world.environment(), stdout=subprocess.PIPE,
                                        stderr=open(world.folder / "log", "a"), text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if line.startswith("media"):
                break
        else:
            raise AssertionError(f"it ended before it was ready: {self.lines}")
        url = next(line for line in self.lines if line.startswith("betang"))
        self.url = url.split()[1].rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.ask("POST", "/api/v1/session", {"username": "admin", "password": PASSWORD})

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with self.opener.open(request, timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def counts(self):
        return {noun: len(self.ask("GET", f"/api/v1/{noun}?limit=1000")["items"])
                for noun in ("cameras", "sites", "incidents", "staff")}

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


def whole(world):
    """The chain of the audit from its start, and the house's own checkpoints."""
    code, text = world.verb("audit", "verify")
    assert code == 0 and "whole: " in text and "own checkpoints" in text, text


def reproducible(world):
    again = world.packed(OLD, "again")
    digest = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (world.packages[OLD], again)]
    assert digest[0] == digest[1], digest


def installed(world):
    text = world.install(OLD)
    assert "betang doctor" in text, text
    code, text = world.inside("getent", "passwd", "betang")
    assert code == 0 and "/var/lib/betang" in text and "nologin" in text, text
    code, text = world.inside("stat", "-c", "%U:%G %a", "/var/lib/betang")
    assert text.strip() == "betang:betang 700", text
    gid = world.inside("getent", "group", "betang")[1].split(":")[2]
    sysctl = (world.tree / "etc/sysctl.d/60-betang-icmp.conf").read_text()
    assert f"net.ipv4.ping_group_range = {gid} {gid}" in sysctl, sysctl
    code, text = world.inside("dpkg", "--verify", "betang")
    assert code == 0 and not text.strip(), text
    assert world.verb("config", "explain")[0] == 0
    told = json.loads((world.tree / "usr/share/doc/betang/manifest.json").read_text())
    assert told["version"] == OLD and told["program_for_boxes"]["is_there"] is False
    parts = json.loads((world.tree / "usr/share/doc/betang/betang.cdx.json").read_text())
    assert len(parts["components"]) > 300


def examined(world):
    """The first release's data comes in; the doctor finds nothing that does not work."""
    archive = sorted(FIXTURES.glob("betang-*.tar.zst"))[0]
    home = world.tree / "var/lib/betang"
    right("tar", "--zstd", "-xf", archive, "-C", home, "--no-same-owner")
    world.inside("chown", "-R", "betang:betang", "/var/lib/betang")
    code, text = world.verb("doctor", "--json")
    findings = json.loads(text[text.index("{"):])["findings"]
    bad = [it for it in findings if it["level"] == "bad"]
    assert not bad and code in (0, 1), bad
    levels = {it["subject"]: it["level"] for it in findings}
    for subject in ("config", "port.listen", "port.media", "data.rights", "database.whole", "key"):
        assert levels[subject] == "good", (subject, findings)


def served(world):
    world.before = read(world)
    assert world.before == {"cameras": 2, "sites": 2, "incidents": 1, "staff": world.before["staff"]}, world.before
    assert world.before["staff"] >= 3
    whole(world)


def read(world):
    house = world.start()
    try:
        return house.counts()
    finally:
        house.end()


def upgraded(world):
    # A setting that somebody has changed stays.
    path = world.tree / CONFIG.lstrip("/")
    path.write_text(path.read_text() + 'name = "Uji Paket"\n')
    world.install(NEW)
    assert "Uji Paket" in path.read_text()
    code, text = world.verb("upgrade", "--check")
    assert code == 0 and "next 0001 trial" in text, text
    house = world.start()
    assert house.counts() == world.before
    house.ask("POST", "/api/v1/incidents", {"title": "Sesudah pembaruan", "severity": "warning", "area": "62.71.01"})
    house.end()
    whole(world)
    assert list((world.tree / "var/lib/betang/data").glob("betang.before-*.sqlite"))


def refused(world):
    text = world.install(OLD)
    assert "betang rollback" in text and NEW in text, text
    code, text = world.serve_to_end()
    assert code == int(world.unit("RestartPreventExitStatus")), (code, text)
    assert "betang rollback" in text, text
    code, text = world.verb("doctor")
    assert code == 2 and "betang rollback" in text, text


def rolled_back(world):
    code, text = world.verb("rollback")
    assert code == 2 and "incident.opened" in text and "next_trial" in text, text
    code, text = world.verb("rollback", "--yes")
    assert code == 0, text
    assert read(world) == world.before
    whole(world)
    # What came after the upgrade is kept, and the doctor says that it is.
    assert list((world.tree / "var/lib/betang/data").glob("betang.after-*.sqlite"))
    code, text = world.verb("doctor")
    assert code == 1 and "database.aside" in text, text


def purged(world):
    home = world.tree / "var/lib/betang"
    held = {path: path.stat().st_size for path in home.rglob("*") if path.is_file()}
    code, text = world.inside("dpkg", "--remove", "betang")
    assert code == 0 and (world.tree / CONFIG.lstrip("/")).exists(), text
    code, text = world.inside("dpkg", "--purge", "betang")
    assert code == 0 and "/var/lib/betang" in text, text
    assert not (world.tree / CONFIG.lstrip("/")).exists()
    assert not (world.tree / "usr/bin/betang").exists()
    assert {path: path.stat().st_size for path in home.rglob("*") if path.is_file()} == held


def main():
    betang, xtask = (Path(it).resolve() for it in sys.argv[1:3])
    kept = tree()
    if "--inside" not in sys.argv:
        # Namespaces of its own from here on; what is mounted and started goes with them.
        code = subprocess.run(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                               sys.executable, "-B", __file__, betang, xtask, "--inside"]).returncode
        sys.exit(code)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="betang-package-") as folder:
        world = World(betang, xtask, kept, Path(folder))
        try:
            for name in CASES:
                began = time.monotonic()
                try:
                    globals()[name](world)
                except Exception:
                    failed += 1
                    print(f"failed: {name}\n{traceback.format_exc()}")
                    # Each goes on where the one before ended.
                    break
                passed += 1
                print(f"passed: {name} ({time.monotonic() - began:.1f} s)", flush=True)
        finally:
            for place in ("proc", "dev"):
                said("umount", "-l", world.tree / place)
    print(f"{passed} passed, {failed} failed, {len(CASES) - passed - failed} skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
