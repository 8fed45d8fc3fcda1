#!/usr/bin/env python3
"""A house and three boxes as processes in network namespaces, over a network that
delays, loses and cuts packets (`sim net`).

    run.py BETANG SIM [--long]     --long: cuts of minutes, and what they cost

Each case is a test. What the boxes have made and what the house holds is read from
`betang agent status --json` and `betang sites records --format csv`, and compared
here, record by record. Where this user may make no namespaces and no TUN devices,
the cases are skipped with the reason.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import looks
import nodes as house_nodes
import probes as centre_probes
from machines import (ANCHORS, CENTRE, DNS, DOOR, PORTAL, STRANGER, Box, House, Machine, Net, compare, end, until, why_not)

# What stands in one row happens at the same time, to different boxes.
CASES = [["cut"], ["portal", "full_and_poor"], ["seen", "nodes"], ["probes", "speed"], ["counts"]]
TESTS = sum(map(len, CASES))

# Seconds of a slot of the boxes here; a village's have sixty.
SLOT = 10

# What a good line to a village is like.
USUAL = "both delay=30 jitter=10 loss=10 rate=5000"


class World:
    def __init__(self, betang, sim, folder, is_long):
        self.folder, self.is_long, self.betang = Path(folder), is_long, betang
        # How many records a cut lasts: one is made each second.
        self.cut = 180 if is_long else 5
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.publics = {n: f"100.64.0.{n}" for n in (1, 2, 3)}
        self.net = Net(sim, ["bt-pusat", "bt-gerbang"],
                       [(f"bt-{n}", public) for n, public in self.publics.items()], seed=62)
        self.centre, self.portal = Machine(), Machine()
        self.centre.plug("bt-pusat", *(f"{it}/32" for it in (CENTRE, DNS, STRANGER, PORTAL, *ANCHORS)))
        self.portal.plug("bt-gerbang", *(f"{it}/32" for it in (DNS, PORTAL, *ANCHORS)))
        # Of programs of others the logs, and which of them are anchors.
        self.others, self.served = [], []
        self.book = self.folder / "book.json"
        self.names({"*": CENTRE})
        self.serve(self.centre, "dns", DNS, self.book)
        lying = self.folder / "lying.json"
        lying.write_text(json.dumps({"*": PORTAL}))
        self.serve(self.portal, "dns", DNS, lying)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-subj", "/CN=gerbang", "-days", "2", "-keyout", self.folder / "key.pem",
                        "-out", self.folder / "cert.pem"], check=True, capture_output=True)
        for machine, address in [(self.portal, PORTAL), (self.centre, STRANGER)]:
            self.serve(machine, "web", f"{address}:{DOOR}", self.folder / "cert.pem", self.folder / "key.pem")
        self.anchors()
        self.house = House(betang, self.centre, str(self.folder / "rumah"))
        resolv = self.folder / "resolv.conf"
        resolv.write_text(f"nameserver {DNS}\n")
        self.boxes = {}
        for n in (1, 2, 3):
            machine = Machine()
            machine.plug(f"bt-{n}", "192.168.8.10/24")
            machine.run("mount", "--bind", resolv, "/etc/resolv.conf")
            data = self.folder / f"kotak-{n}"
            data.mkdir()
            self.boxes[n] = Box(betang, machine, data, f"bt-{n}")
            self.boxes[n].looks = ["--anchors", self.folder / "anchors.json", "--slot-seconds", SLOT,
                                   "--anchor-roots", self.folder / "ca.pem"]
            self.net.tell(f"bt-{n} {USUAL}")
        third = self.boxes[3]
        # A small disk of its own.
        third.machine.run("mount", "-t", "tmpfs", "-o", "size=8m", "none", third.data)
        asking = [box.enrol(self.house, n) for n, box in self.boxes.items()]
        for child in asking:
            assert child.wait() == 0, "a box was not let in"
        for box in self.boxes.values():
            box.start()

    def anchors(self):
        """Three anchors, by an authority of their own; and a portal in their places."""
        run = lambda *args: subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.folder)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run("req", "-x509", *key, "-subj", "/CN=Otoritas Uji", "-days", "2", "-keyout", "ca-key.pem", "-out", "ca.pem")
        names = ",".join(f"IP:{it}" for it in ANCHORS)
        (self.folder / "anchor.ext").write_text(f"subjectAltName={names}\nbasicConstraints=critical,CA:FALSE\n")
        run("req", "-new", *key, "-subj", "/CN=jangkar", "-keyout", "anchor-key.pem", "-out", "anchor.csr")
        run("x509", "-req", "-in", "anchor.csr", "-days", "2", "-CA", "ca.pem", "-CAkey", "ca-key.pem",
            "-CAcreateserial", "-extfile", "anchor.ext", "-out", "anchor.pem")
        told = []
        for n, address in enumerate(ANCHORS):
            name = f"jangkar-{n}.uji"
            files = [self.folder / "anchor.pem", self.folder / "anchor-key.pem"]
            self.served.append(len(self.others))
            self.serve(self.centre, address, name, *files, script="anchor.py")
            files = [self.folder / "cert.pem", self.folder / "key.pem"]
            self.serve(self.portal, address, name, *files, PORTAL, script="anchor.py")
            told.append({"name": f"jangkar-{n}", "network": f"AS6450{n}", "https": f"https://{address}/204",
                         "tcp": f"{address}:443", "dns": f"{address}:53", "dns_name": name})
        (self.folder / "anchors.json").write_text(json.dumps(told))

    def names(self, book):
        beside = self.book.with_suffix(".new")
        beside.write_text(json.dumps(book))
        beside.rename(self.book)

    def serve(self, machine, *args, script="portal.py"):
        log = open(self.folder / f"lain-{len(self.others)}.log", "w")
        script = str(Path(__file__).parent / script)
        self.others.append(subprocess.Popen(machine.inside(sys.executable, script, *args), stdout=log))
        until("somebody answers", lambda: (self.folder / log.name).read_text().startswith("ready"))

    def callers(self, at):
        """Who came to a web of others, in their order."""
        lines = (self.folder / f"lain-{at}.log").read_text().splitlines()[1:]
        return [json.loads(line) for line in lines]

    def more(self, count, boxes=None):
        """Waits until each has made so many more records."""
        boxes = boxes or self.boxes.values()
        wanted = [(box, box.made() + count) for box in boxes]
        for box, target in wanted:
            until(f"{box.device} makes records", lambda: box.made() >= target, 600)

    def caught_up(self, *boxes):
        """Waits until what each has made by now is acknowledged; how long each took.

        Samples lie a minute before a box writes them for good and sends them, but never
        longer than the next event: the answer to a question is one."""
        began = time.monotonic()
        wanted = [(box, box.made()) for box in boxes]
        for box in boxes:
            self.house.ask("sites", "ask", box.site)
        spans = []
        for box, target in wanted:
            until(f"{box.device} is heard", lambda: box.acked() >= target)
            spans.append(time.monotonic() - began)
        return spans

    def rebind(self, n):
        self.publics[n] = f"100.64.{int(self.publics[n].split('.')[2]) + 1}.{n}"
        self.net.tell(f"bt-{n} rebind {self.publics[n]}")


def cut(world):
    """Cuts both ways and one way, kills of either end, other addresses."""
    one, two, three = world.boxes.values()
    world.caught_up(one, two, three)
    world.net.tell("bt-1 both cut")
    world.net.tell("bt-2 up cut")
    world.net.tell("bt-3 down cut")
    world.more(world.cut // 2)
    # The village gets another router while the power is off.
    one.kill()
    move(one.machine, "bt-1", "192.168.8.10/24", "10.7.0.5/24")
    world.rebind(1)
    one.start()
    world.more(world.cut - world.cut // 2)
    for n in world.boxes:
        world.net.tell(f"bt-{n} both heal")
    healed = world.caught_up(one, two, three)
    # The provider gives two another address while an answer is on its way.
    before = two.made("event")
    world.net.tell("bt-2 up delay=4000")
    world.house.ask("sites", "ask", two.site)
    until("it answers", lambda: two.made("event") > before)
    world.rebind(2)
    world.net.tell(f"bt-2 {USUAL}")
    moved = world.caught_up(two)
    if world.is_long:
        # Under the feet of a program that runs: it learns of it by its own silence.
        move(three.machine, "bt-3", "192.168.8.10/24", "10.7.0.5/24")
        moved += world.caught_up(three)
    world.house.kill()
    world.more(world.cut)
    two.kill()
    two.start()
    world.house.start()
    back = world.caught_up(one, two, three)
    said = lambda spans: ", ".join(f"{span:.1f}" for span in spans)
    return (f"caught up {said(healed)} s after cuts of {world.cut} s, {said(moved)} s after another address, "
            f"{said(back)} s after the house was away")


def move(machine, device, old, new):
    machine.run("ip", "addr", "add", new, "dev", device)
    machine.run("ip", "addr", "del", old, "dev", device)
    machine.run("ip", "route", "replace", "default", "dev", device)


def portal(world):
    """A captive portal, a name server that lies: nothing is told to strangers."""
    one, two = world.boxes[1], world.boxes[2]
    world.net.tell("bt-1 toward bt-gerbang")
    world.names({"*": CENTRE, world.publics[2]: STRANGER})
    for box in (one, two):
        box.kill()
        box.start()
    portals = {one: 2, two: 3}
    for box, at in portals.items():
        # In the clear, and with a certificate of its own.
        until(f"{box.device} meets a stranger both ways",
              lambda: {call["tls"] for call in world.callers(at)} == {True, False})
        assert "not the house this box belongs to" in box.log(), box.log()[-2000:]
        assert not box.peek()["open"]
        # Who is not the house hears a first word of TLS and no more.
        heard = [call["asked"] for call in world.callers(at) if call["tls"] and call["asked"]]
        assert not heard, heard
    before = one.acked(), two.acked()
    world.more(2, [one, two])
    assert before == (one.acked(), two.acked())
    world.net.tell("bt-1 toward bt-pusat")
    world.names({"*": CENTRE})
    spans = world.caught_up(one, two)
    return f"heard by the house again after {spans[0]:.1f}, {spans[1]:.1f} s"


def full_and_poor(world):
    """The disk of a box is full and has room again; then 1,200 ms, 40 kbit/s, 2 % lost."""
    return f"{full(world)}; {poor(world)}"


def full(world):
    box = world.boxes[3]
    held, said = box.acked(), len(box.log())
    filler = box.data / "pengisi"
    box.machine.run("sh", "-c", f"cat /dev/zero > {filler} 2>/dev/null || true")
    until("the box notices", lambda: "full" in box.log()[said:].lower())
    assert box.child.poll() is None, "it goes on running"
    assert box.acked() >= held
    box.machine.run("rm", filler)
    world.more(2, [box])
    span = world.caught_up(box)[0]
    return f"full disk: keeps records again, heard {span:.1f} s after that"


def poor(world):
    box = world.boxes[3]
    world.net.tell("bt-3 both cut")
    world.more(world.cut, [box])
    box.kill()
    world.net.tell("bt-3 both delay=600 jitter=0 loss=20 rate=40 heal")
    began = time.monotonic()
    box.start()
    until("it connects", lambda: box.peek()["open"])
    connected = time.monotonic() - began
    waited = box.made() - box.acked()
    world.caught_up(box)
    drained = time.monotonic() - began
    world.net.tell(f"bt-3 {USUAL}")
    return f"poor line: connected after {connected:.1f} s, {waited} records drained after {drained:.1f} s"


def slot_after(wall):
    """When the next slot begins (wall, seconds)."""
    return (wall // SLOT + 1) * SLOT


def seen(world):
    """What boxes say of their villages' connection is what was done to it."""
    one, two, three = boxes = list(world.boxes.values())
    started = time.time()
    for box in boxes:
        until(f"{box.device} sees an internet", lambda: box.sees(True, started))
    done = {}
    # A cut, a portal that takes and answers everything, and a box that dies.
    world.net.tell("bt-1 both cut")
    world.net.tell("bt-2 toward bt-gerbang")
    three.kill()
    begun = time.time()
    three.start()
    until(f"{three.device} sees an internet", lambda: three.sees(True, begun))
    boot_time = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)
    # It stops between the two: this process may be held up there, too.
    before = boot_time()
    three.child.send_signal(signal.SIGSTOP)
    stopped = boot_time()
    for box in (one, two):
        # The first slot that began after the cut is over by then, and the next is begun.
        until(f"{box.device} sees none", lambda: box.sees(False, slot_after(begun) + SLOT))
        over = slot_after(time.time())
        until("its slot is over", lambda: time.time() > over)
        done[box] = begun, time.time()
    latest = [it["result"] for anchor in two.eyes()["anchors"] for it in anchor["latest"]]
    assert "certificate" in latest, latest
    world.net.tell("bt-1 both heal")
    world.net.tell("bt-2 toward bt-pusat")
    until("it has stood still for long enough", lambda: boot_time() > stopped + 17)
    woke = boot_time()
    three.child.send_signal(signal.SIGCONT)
    # Somebody ends the program of the third, then its machine starts again.
    three.kill(signal.SIGTERM)
    boot = world.folder / "boot"
    boot.write_text("11111111-2222-4333-8444-555555555555\n")
    three.machine.run("mount", "--bind", boot, "/proc/sys/kernel/random/boot_id")
    three.start()
    (world.folder / "one.json").write_text(json.dumps(json.loads((world.folder / "anchors.json").read_text())[:1]))
    world.house.ask("sites", "config", three.site, "--anchors", world.folder / "one.json", "--budget", 2_000_000)
    healed = time.time()
    for box in boxes:
        until(f"{box.device} sees an internet", lambda: box.sees(True, healed + SLOT))
    until("the house is obeyed", lambda: len(three.eyes()["anchors"]) == 1 and three.eyes()["anchors"][0]["latest"])
    world.caught_up(*boxes)
    told = one.machine.run(one.betang, "agent", "status", "--data", one.data)
    assert all(word in told for word in ["internet ada", "jangkar-2", "kuota hari ini"]), told
    said = []
    for box in boxes:
        records = world.house.bodies(box.site)
        rounds, began = looks.read(records)
        seconds, gaps = looks.whole(rounds)
        # A program that is not there claims nothing; one that is leaves nothing out.
        assert gaps < box.starts + (box is three), (box.device, gaps, box.starts)
        verdicts, slots = looks.verdicts(rounds, SLOT)
        assert len(began) == box.starts, (len(began), box.starts)
        assert rounds[0].named == [(f"jangkar-{n}", f"AS6450{n}") for n in range(3)], rounds[0].named
        since, to = done.get(box, (0, 0))
        inside = [up for n, up in verdicts.items() if n * SLOT >= since and slots[n][-1][3] <= to]
        whole_slots = {n: [(*it[:2], round(it[2], 1), round(it[3], 1)) for it in slots[n]] for n in verdicts}
        assert not any(inside) and (inside or box is three), (box.device, inside, since, to, whole_slots)
        after = [up for n, up in verdicts.items() if n * SLOT >= healed + 1]
        assert after and all(after), (box.device, after)
        said.append(f"{box.device} {len(rounds)} rounds over {seconds:.0f} s, {len(inside)} slots without")
    # What was said to be answered was answered: the anchors have counted, too.
    answered = sum(call["what"] == "https" for at in world.served for call in world.callers(at))
    claimed = sum(check[1] == "https" and check[4] == looks.OK
                  for box in boxes for it in looks.read(world.house.bodies(box.site))[0] for check in it.checks)
    assert 0 < claimed <= answered, (claimed, answered)
    tried = [check for n, checks in looks.verdicts(looks.read(world.house.bodies(one.site))[0], SLOT)[1].items()
             if n * SLOT >= done[one][0] and checks[-1][3] <= done[one][1] for check in checks]
    assert {(anchor, way) for anchor, way, *_ in tried} == {(n, way) for n in range(3) for way in looks.WAYS.values()}
    ends = [(looks.first(it, 4), it.get(2, [b""])[0].hex(), record["inside"]["boot"])
            for record, it in looks.read(world.house.bodies(three.site))[1]][-2:]
    assert [orderly for orderly, *_ in ends] == [0, 1], ends
    assert ends[0][1] == ends[0][2] and ends[1][1] == ends[0][2] != ends[1][2], ends
    # In the time that it stood still it was nowhere, and right before it was.
    spans = [span for it in looks.read(world.house.bodies(three.site))[0] for span in it.lived]
    unlived = sum(max(0, min(to, woke) - max(since, stopped)) for since, to in spans)
    assert unlived < 0.01 and any(before - 6 < to <= stopped + 0.01 for _, to in spans), (before, stopped, woke, spans)
    # From the round on that says so, the only anchor is the one that the house has named.
    rounds = looks.read(world.house.bodies(three.site))[0]
    last = max(n for n, it in enumerate(rounds) if it.named)
    assert rounds[last].named == [("jangkar-0", "AS64500")] and rounds[last].budget == 2_000_000
    assert {check[0] for it in rounds[last:] for check in it.checks} == {0}
    return f"{'; '.join(said)}; {metered(world, two)}"


def metered(world, box):
    """How near to what its line has carried a box's own count is."""
    rounds = looks.read(world.house.bodies(box.site))[0]
    last = [it for it in rounds if it.boot == rounds[-1].boot][-4:]
    counted, passed = last[-1].spent - last[0].spent, last[-1].passed - last[0].passed
    return f"counts {counted} octets where its line carried {passed}"


def probes(world):
    """What a centre finds of addresses, in a network of their own."""
    return centre_probes.whole(world.betang)


def nodes(world):
    """What a house finds of addresses that it asks by itself, in a network of their own."""
    return house_nodes.whole(world.betang)


def speed(world):
    """A box that is told to measure finds what its line was made to carry."""
    box = world.boxes[2]
    given = {"down": 8000, "up": 2000}
    world.net.tell("bt-2 both delay=20 jitter=0 loss=0")
    for way, kbit in given.items():
        world.net.tell(f"bt-2 {way} rate={kbit}")
    asked = world.house.ask("sites", "measure", box.site, "--accept-octets", 30_000_000).strip()
    told = lambda: next(line for line in world.house.ask("sites", "commands", box.site).splitlines() if asked in line)
    until("it has measured", lambda: "done" in told() or "failed" in told())
    assert "done" in told(), told()
    world.net.tell(f"bt-2 {USUAL}")
    [found] = looks.speeds(world.house.bodies(box.site))
    for way, kbit in given.items():
        # What carries it takes its part, and TCP begins slowly.
        assert 0.75 * kbit < found[way] <= kbit, (way, kbit, found)
    return ", ".join(f"{way} {found[way]:.0f} kbit/s of {kbit}" for way, kbit in given.items())


def at_rest(world, box):
    """What a box has made and what the house holds of it, with nothing made meanwhile. A box
    writes its status at most once a second: the house may know of a record before it."""
    seen = []

    def is_so():
        before, rows = box.chains(box.status()), world.house.records(box.site)
        seen[:] = before, rows
        newest = {}
        for row in rows:
            if not row["gap"]:
                chain = row["stream"], row["epoch"]
                newest[chain] = max(newest.get(chain, 0), int(row["seq"]))
        return (before == box.chains(box.status())
                and all(head == acked for head, acked in before.values())
                and all(before.get(chain, (seq, seq))[0] >= seq for chain, seq in newest.items()))

    until(f"{box.device} and the house are at rest", is_so)
    return seen


def counts(world):
    """Record by record, what was made and what is held."""
    for box in world.boxes.values():
        box.kill()
        # From now on it makes hardly any: both ends come to rest.
        box.start(every=3600)
    said = []
    for box in world.boxes.values():
        # A status of the program before does not count.
        until("its start is heard of",
              lambda: sum(row["kind"] == "started" for row in world.house.records(box.site)) >= box.starts)
        until(f"{box.device} is drained", lambda: box.is_drained() and box.peek()["open"])
        chains, rows = at_rest(world, box)
        made = sum(head for head, _ in chains.values())
        records, gaps, duplicates, wrong = compare(box, chains, rows)
        assert not wrong and not gaps and not duplicates, (gaps, duplicates, wrong)
        assert records == made
        said.append(f"{box.device} {made} made, {records} held")
    lost = world.net.tell("counts")
    packets = [lane for site in lost["sites"].values() for lane in site.values()]
    total = lambda key: sum(lane[key] for lane in packets)
    return (f"{'; '.join(said)}; 0 gaps, 0 duplicates; of {sum(map(total, ['through', 'lost', 'cut', 'overflowed']))} "
            f"packets {total('lost')} lost, {total('cut')} cut, {lost['stray']} to old addresses")


def main():
    betang, sim, *flags = sys.argv[1:]
    # Who enters a network leaves the folder that a path may be relative to.
    betang, sim = os.path.abspath(betang), os.path.abspath(sim)
    reason = why_not("openssl", "fping", "setpriv")
    if reason:
        print(f"skipped: {reason}")
        print(f"0 passed, 0 failed, {TESTS} skipped")
        return 0
    passed, began = 0, time.monotonic()
    folder = tempfile.mkdtemp(prefix="betang-net-")
    try:
        world = World(betang, sim, folder, "--long" in flags)
        print(f"three boxes enrolled by code, {time.monotonic() - began:.1f} s", flush=True)
        for cases in CASES:
            started = time.monotonic()
            with ThreadPoolExecutor() as pool:
                running = [(case, pool.submit(globals()[case], world)) for case in cases]
            for case, done in running:
                print(f"{case}: {done.result()}", flush=True)
                passed += 1
            print(f"    {time.monotonic() - started:.1f} s", flush=True)
    except Exception:
        # What follows stands on what failed. What failed is said last, where a reader of a
        # log's end finds it.
        for log in sorted(Path(folder).glob("*.log")):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}", file=sys.stderr)
        traceback.print_exc()
    finally:
        end(folder)
    print(f"{time.monotonic() - began:.0f} s in all")
    print(f"{passed} passed, {TESTS - passed} failed, 0 skipped")
    return passed != TESTS


if __name__ == "__main__":
    sys.exit(main())
