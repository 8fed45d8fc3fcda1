#!/usr/bin/env python3
"""An evidence sheet, made again from the records alone, by what is written in decisions
0014 and 0017 and by nothing of the house's own code.

    sheets.py RECORDS.json SHEET.json [SHEET.pdf]

RECORDS.json: site to its records, as `betang sites records --format json` tells them;
SHEET.json and SHEET.pdf: what `betang villages sheet` has written. Of the sheet only who
it is of, which slots it is about and what people have declared is believed. Prints how
many sites and slots are the same, or the first things that are not.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from looks import fields, first

SLOT = 60_000_000
DAY = 1_440
LATEST = 35 * 24 * 3_600_000_000
AHEAD = 120_000_000
COUNTS = ["all", "up", "degraded", "down", "off", "unknown", "maintenance", "force_majeure", "ours",
          "excused_up", "excused_off"]
CAUSES = ["none", "loss", "slow", "link", "portal", "power", "stopped", "crashed", "program", "untried", "silent"]


def signed(number):
    """A sint64 of protobuf."""
    return (number >> 1) ^ -(number & 1)


def middles(since, to):
    """The slots whose middle lies in a span of microseconds."""
    reach = lambda at: -(-(at - SLOT // 2) // SLOT)
    return range(reach(since), max(reach(to), reach(since)))


class Boxes:
    """When the instants of boots were."""

    def __init__(self, records):
        self.anchors = {}
        for it in records:
            if it["kind"] == "clock":
                body = fields(base64.b64decode(it["inside"]["body"]))
                anchor = (first(body, 1) // 1_000, signed(first(body, 2)), signed(first(body, 3)), first(body, 4))
                self.anchors.setdefault((it["agent"], it["inside"]["boot"]), set()).add(anchor)

    def at(self, agent, boot, mono):
        known = self.anchors.get((agent, boot))
        if not known:
            return None
        # Half of the round trip, and 200 millionths of each whole second between.
        wrong = lambda it: it[3] * 500 + abs(mono - it[0]) // 1_000_000 * 200_000
        best = min(known, key=lambda it: (wrong(it), it))
        return best[1] + mono - best[0]

    def of(self, record):
        inside = record["inside"]
        own = record["event_us"] if inside["synced"] else None
        found = self.at(record["agent"], inside["boot"], inside["mono_us"])
        return own if found is None else found


def marks(record, boxes):
    """What a record shows: slot, words, and questions asked, lost, round trip."""
    if record["by_line"]:
        yield record["received_us"] // SLOT, {"heard"}, None
    if record["kind"] not in ("round", "began"):
        return
    at = boxes.of(record)
    if at is None or at > record["received_us"] + AHEAD:
        return
    body = fields(base64.b64decode(record["inside"]["body"]))
    ms = lambda message, number: first(message, number) * 1_000
    lived = [(at - ms(body, 1), at)]
    if record["kind"] == "began":
        boot = body.get(2, [b""])[0]
        last = boxes.at(record["agent"], boot.hex(), first(body, 3)) if len(boot) == 16 else None
        if last is not None:
            how = {"gone"} | ({"orderly"} if first(body, 4) else set())
            if boot.hex() != record["inside"]["boot"]:
                power = fields(first(body, 6, b""))
                mains_gone = power.get(1) == [0]
                how |= {"rebooted"}
                if first(body, 5):
                    how |= {"crashed"}
                elif mains_gone or not first(body, 4):
                    how |= {"power"}
            for slot in middles(last + SLOT, lived[0][0]):
                if at - slot * SLOT <= LATEST:
                    yield slot, how, None
    else:
        for it in map(fields, body.get(7, [])[:256]):
            lived.append((at - ms(it, 1) - ms(it, 2), at - ms(it, 1)))
        for it in map(fields, body.get(2, [])[:256]):
            way = {1: "https", 2: "dns", 3: "tcp"}.get(first(it, 2))
            fault = first(it, 5)
            if way:
                ended = at - ms(it, 3)
                words = {"tried"} | ({way} if fault == 0 else {"portal"} if fault == 7 else set())
                yield (ended if fault == 0 else ended - ms(it, 4)) // SLOT, words, None
        for it in map(fields, body.get(3, [])[:256]):
            sent, lost = first(it, 2), min(first(it, 3), first(it, 2))
            rtt = min(max(it[4][0], 1), 65_535) if 4 in it else 0
            yield (at - ms(it, 1)) // SLOT, set(), (min(sent, 255), min(lost, 255), rtt)
    for since, to in lived:
        for slot in middles(since, to):
            if at - slot * SLOT <= LATEST:
                yield slot, {"alive"}, None


def evidence(records):
    boxes = Boxes(records)
    slots = {}
    for record in records:
        if record["kind"] == "gap":
            continue
        oldest, newest = (record["received_us"] - LATEST) // SLOT, (record["received_us"] + AHEAD) // SLOT
        for slot, words, asked in marks(record, boxes):
            if not oldest <= slot <= newest:
                continue
            seen = slots.setdefault(slot, [set(), 0, 0, 0])
            seen[0] |= words
            if asked:
                seen[1], seen[2] = min(seen[1] + asked[0], 255), min(seen[2] + asked[1], 255)
                seen[3] = max(seen[3], asked[2])
    return slots


def usual(slots, day):
    """The longest round trip of a day that is not slow, doubled; none if too few are known."""
    week = sorted(min(seen[3], 4_095) for slot, seen in slots.items()
                  if (day - 7) * DAY <= slot < day * DAY and seen[3] > 0)
    return 3 * week[(len(week) + 1) // 2 - 1] + 200 if len(week) >= DAY else None


def verdicts(slots, until):
    longest, found = {}, {}
    for slot, (seen, _, _, rtt) in slots.items():
        if slot >= until:
            continue
        day = slot // DAY
        if day not in longest:
            longest[day] = usual(slots, day)
        window = [slots[it] for it in range(slot - 9, slot + 1) if it in slots]
        asked, lost = sum(it[1] for it in window), sum(it[2] for it in window)
        if seen & {"heard", "https"} or {"dns", "tcp"} <= seen:
            if asked >= 20 and lost * 100 >= asked * 5:
                verdict = "degraded", "loss"
            elif longest[day] is not None and rtt * 2 > longest[day]:
                verdict = "degraded", "slow"
            else:
                verdict = "up", "none"
        elif "tried" in seen:
            verdict = "down", "portal" if "portal" in seen else "link"
        elif "alive" in seen:
            verdict = "unknown", "untried"
        elif {"gone", "rebooted", "power"} <= seen:
            verdict = "off", "power"
        elif "crashed" in seen:
            verdict = "unknown", "crashed"
        elif "orderly" in seen:
            verdict = "unknown", "stopped"
        elif "gone" in seen:
            verdict = "unknown", "program"
        else:
            continue
        found[slot] = verdict
    return found


def counted(verdicts, since, to, excused):
    counts = dict.fromkeys(COUNTS, 0)
    counts["all"] = max(to - since, 0)
    for slot in range(since, to):
        state = verdicts.get(slot, ("unknown",))[0]
        counts[state] += 1
        here = {it["overlay"] for it in excused if excuses(it) and it["from_slot"] <= slot < it["to_slot"]}
        over = next((it for it in ["ours", "force_majeure", "maintenance"] if it in here), None)
        if over:
            counts[over] += 1
            counts["excused_up"] += state in ("up", "degraded")
            counts["excused_off"] += state == "off"
    return counts


def is_late(it):
    # That the house was not there follows from its own start, at the end of it.
    said = it["to_slot"] * SLOT if it["overlay"] == "ours" else it["declared_us"]
    return said > it["from_slot"] * SLOT


def excuses(it):
    return it["overlay"] == "ours" or (bool(it["agreed"]) and not (it["overlay"] == "maintenance" and is_late(it)))


def outages(verdicts, since, to):
    told = [slot for slot in verdicts if since <= slot < to]
    if not told:
        return []
    series = [(slot, *verdicts.get(slot, ("unknown", "silent"))) for slot in range(min(told), max(told) + 1)]
    end = max(told) + 1
    spans, changes, was = [], [], None
    outs = ups = 0
    is_open = False
    for slot, state, _ in series:
        is_up, is_out = state in ("up", "degraded"), state in ("down", "off")
        outs, ups = (outs + 1 if is_out else 0), (ups + 1 if is_up else 0)
        if not is_open and outs == 3:
            is_open = True
            spans.append([slot - 2, None, 0])
        elif is_open and ups == 5:
            is_open = False
            spans[-1][1] = slot - 4
        if is_up or is_out:
            if was is not None and was != is_up:
                changes.append(slot)
            was = is_up
    at = taken = 0
    while at < len(changes):
        begin = at - 5
        if begin >= taken and changes[at] - changes[begin] <= 30:
            last = at
            while last + 1 < len(changes) and changes[last + 1] - changes[last] < 15:
                last += 1
            flap = [changes[begin], changes[last] if end - changes[last] >= 15 else None, last + 1 - begin]
            touching = [it for it in spans if (it[1] is None or it[1] >= flap[0]) and (flap[1] is None or flap[1] >= it[0])]
            spans = [it for it in spans if it not in touching]
            for it in touching:
                open_end = flap[1] is None or it[1] is None
                flap = [min(flap[0], it[0]), None if open_end else max(flap[1], it[1]), flap[2] + it[2]]
            spans.append(flap)
            taken = last + 1
        at += 1
    found = []
    for begin, close, times in sorted(spans, key=lambda it: it[0]):
        inside = [(state, cause) for slot, state, cause in series if begin <= slot < (end if close is None else close)]
        of = lambda word: sum(state == word for state, _ in inside)
        why = [sum(cause == it and state in ("down", "off") for state, cause in inside) for it in CAUSES]
        most = max(range(len(CAUSES)), key=lambda n: (why[n], n))
        found.append((begin, close, of("down"), of("off"), of("unknown"), times, CAUSES[most] if why[most] else "link"))
    return found


def share(part, whole):
    return part * 10_000 // whole if whole else None


def shares(c):
    up, coverage = c["up"] + c["degraded"], share(c["all"] - c["unknown"], c["all"])
    out = [share(up, c["all"]), share(up, c["all"] - c["unknown"]), coverage]
    excused = c["maintenance"] + c["force_majeure"] + c["ours"]
    for power in (0, c["off"] - c["excused_off"]):
        if coverage is None or coverage < 9_500:
            out.append("not_enough")
        else:
            kept = share(up - c["excused_up"], c["all"] - excused - power)
            out.append("nothing" if kept is None else kept)
    return out


def word(it):
    return "-" if it is None else str(it)


def made_again(records, sheet):
    """The canonical text of a sheet, from records."""
    lines = ["betang-sheet 1"]
    if sheet["of"] == "village":
        lines.append(f"village {sheet['village']['code']}")
    else:
        lines += [f"provider {sheet['provider']}", f"within {word((sheet['within'] or {}).get('code'))}"]
    lines += [f"month {sheet['month']}", f"slots {sheet['from_slot']} {sheet['to_slot']}", "rule 1"]
    total, villages, each = dict.fromkeys(COUNTS, 0), {}, []
    for site in sorted(sheet["sites"], key=lambda it: it["site"]):
        since, to = site["from_slot"], site["to_slot"]
        found = verdicts(evidence(records[site["site"]]), to)
        counts = counted(found, since, to, site["excused"])
        each.append(counts)
        lines.append(f"site {site['site']} {since} {to}")
        lines.append("counts " + " ".join(str(counts[key]) for key in COUNTS))
        lines.append("shares " + " ".join(map(word, shares(counts))))
        lines += ["outage " + " ".join(map(word, it)) for it in outages(found, since, to)]
        lines += [f"over {word(it['excuse'])} {it['overlay']} {it['from_slot']} {it['to_slot']} "
                  f"{int(excuses(it))} {int(is_late(it))}" for it in site["excused"]]
        for key in COUNTS:
            total[key] += counts[key]
        if site["village"]:
            of = villages.setdefault(site["village"]["code"], dict.fromkeys(COUNTS, 0))
            for key in COUNTS:
                of[key] += counts[key]
    proved = [it for it in (shares(of)[0] for of in villages.values()) if it is not None]
    lines += [f"total {len(sheet['sites'])} {len(villages)}",
              "counts " + " ".join(str(total[key]) for key in COUNTS),
              "shares " + " ".join(map(word, shares(total))),
              f"mean {word(sum(proved) // len(proved) if proved else None)}"]
    return "\n".join(lines) + "\n", total, each


def thousands(number):
    return f"{number:,}".replace(",", ".")


def percent(bp):
    if isinstance(bp, str):
        return {"not_enough": "tidak cukup bukti", "nothing": "semua dikecualikan"}[bp]
    return "belum diketahui" if bp is None else f"{bp // 100},{bp % 100:02} %"


def printed(pdf, sheet, total, each):
    """What of the integers is not to be read on the paper."""
    text = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout
    plain = lambda of: re.sub(r"\s+", "", of)
    text = plain(text)
    up = lambda of: of["up"] + of["degraded"]
    wanted = [sheet["digest"]]
    for of in [total, *each]:
        wanted.append(f"{thousands(up(of))} dari {thousands(of['all'])} menit")
        words = ["terhubung", "terganggu", "putus", "padam (listrik)", "belum diketahui"]
        wanted += [f"{word} {thousands(of[key])} menit" for word, key in zip(words, COUNTS[1:6])]
        wanted += map(percent, shares(of))
    return [it for it in wanted if plain(it) not in text]


def main():
    records, sheet = (json.loads(Path(it).read_text()) for it in sys.argv[1:3])
    text, total, each = made_again(records, sheet)
    digest = hashlib.sha256(text.encode()).hexdigest()
    wrong = []
    for site, counts in zip(sorted(sheet["sites"], key=lambda it: it["site"]), each):
        for key in COUNTS:
            if site["counts"][key] != counts[key]:
                wrong.append(f"{site['site']} {key}: sheet {site['counts'][key]}, records {counts[key]}")
    if digest != sheet["digest"]:
        wrong.append(f"digest: sheet {sheet['digest']}, records {digest} of\n{text}")
    if len(sys.argv) > 3:
        wrong += [f"not on the paper: {it}" for it in printed(sys.argv[3], sheet, total, each)]
    if wrong:
        print("\n".join(wrong))
        return 1
    print(f"same: {len(each)} sites, {total['all']} slots, {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
