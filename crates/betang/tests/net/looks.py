"""What boxes say of their villages' connection, read here from the octets of the records,
by the protobuf encoding alone, and held against what was done to the network.
"""

import base64

WAYS = {1: "https", 2: "dns", 3: "tcp"}
OK, TIMEOUT, CERTIFICATE, PORTAL = 0, 2, 6, 7


def varint(octets, at):
    number = shift = 0
    while True:
        number |= (octets[at] & 0x7F) << shift
        shift += 7
        at += 1
        if octets[at - 1] < 0x80:
            return number, at


def fields(octets):
    """Number to values, in their order: numbers, or the octets inside."""
    found, at = {}, 0
    while at < len(octets):
        key, at = varint(octets, at)
        if key & 7 == 0:
            value, at = varint(octets, at)
        else:
            assert key & 7 == 2, key
            size, at = varint(octets, at)
            value, at = octets[at:at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def first(of, number, missing=0):
    return of.get(number, [missing])[0]


def speeds(records):
    """What tests have found, each way, in kbit/s."""
    found = []
    for record in records:
        if record["kind"] == "speed":
            body = fields(base64.b64decode(record["inside"]["body"]))
            ways = {"down": fields(first(body, 5, b"")), "up": fields(first(body, 6, b""))}
            found.append({way: first(it, 1) * 8e3 / first(it, 2, 1) for way, it in ways.items()})
    return found


class Round:
    """A round, on the clock of its boot and by the wall, in seconds."""

    def __init__(self, record):
        body = fields(base64.b64decode(record["inside"]["body"]))
        self.boot, self.at = record["inside"]["boot"], record["inside"]["mono_us"] / 1e6
        self.wall = record["event_us"] / 1e6
        ago = lambda message, number: first(message, number) / 1e3
        self.lived = [(self.at - first(body, 1) / 1e3, self.at)]
        for it in map(fields, body.get(7, [])):
            self.lived.append((self.at - ago(it, 1) - ago(it, 2), self.at - ago(it, 1)))
        # Place of the anchor, way, when it began and ended by the wall, how.
        self.checks = []
        for it in map(fields, body.get(2, [])):
            ended = self.wall - ago(it, 3)
            self.checks.append((first(it, 1), WAYS[first(it, 2)], ended - ago(it, 4), ended, first(it, 5)))
        self.probes = [(first(it, 2), first(it, 3)) for it in map(fields, body.get(3, []))]
        spent = fields(first(body, 6, b""))
        self.spent, self.budget = first(spent, 1), first(spent, 2)
        self.named = [(first(it, 1).decode(), first(it, 2).decode()) for it in map(fields, body.get(8, []))]
        counters = fields(first(body, 4, b""))
        self.passed = first(counters, 2) + first(counters, 3)
        says = record["says"]
        assert says["covers_ms"] == first(body, 1), says
        assert [check["way"] for check in says["checks"]] == [check[1] for check in self.checks], says


def read(records):
    rounds = [Round(it) for it in records if it["kind"] == "round"]
    began = [(it, fields(base64.b64decode(it["inside"]["body"]))) for it in records if it["kind"] == "began"]
    return rounds, began


def is_up(checks):
    good = {way for _, way, _, _, fault in checks if fault == OK}
    return "https" in good or {"dns", "tcp"} <= good


def whole(rounds):
    """Nothing is claimed twice; how many seconds are claimed, and how many gaps lie
    between claims of one boot."""
    seconds = gaps = 0
    for boot in {it.boot for it in rounds}:
        claims = sorted(span for it in rounds if it.boot == boot for span in it.lived if span[0] < span[1])
        for before, after in zip(claims, claims[1:]):
            # Told in whole milliseconds.
            assert before[1] <= after[0] + 0.0015, (before, after)
            gaps += after[0] - before[1] > 0.0015
        seconds += sum(to - since for since, to in claims)
    return seconds, gaps


def verdicts(rounds, slot):
    """Slot of the wall to whether it proves an internet; and each check lies in one slot."""
    slots = {}
    for it in rounds:
        for check in it.checks:
            assert int(check[2] // slot) == int(check[3] // slot), (check, "began and ended in two slots")
            slots.setdefault(int(check[3] // slot), []).append(check)
    return {number: is_up(checks) for number, checks in slots.items()}, slots
