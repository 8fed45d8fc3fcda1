#!/usr/bin/env python3
"""`betang probe` from a centre over a router to a village: what is alive is what fping
finds alive, refusals of the router are told apart, and a process that may not send ICMP
says what lacks and asks for connections.

    probes.py BETANG     alone, with the right to make namespaces
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from machines import Machine, until

ALIVE = ["10.77.0.1", "10.77.0.2", "10.78.0.2", "10.78.0.3", "127.0.0.9", "fd77::2", "fd78::2"]
# By the router's own word; what the router drops is silent.
REFUSED = {"10.79.0.1": "host", "10.80.0.1": "prohibited", "fd79::1": "other"}
SILENT = ["10.81.0.1"]
# Without a route from the centre.
AWAY = ["198.51.100.1"]

# A process without the right to open raw sockets, whoever runs this.
WITHOUT = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]


def wire(one, device, other, peer):
    """A cable between two machines, with addresses of both ends."""
    names = ["pk", "pr"] if "77" in device[0] else ["pq", "pd"]
    subprocess.run(["ip", "link", "add", names[0], "type", "veth", "peer", "name", names[1]], check=True)
    for machine, name, addresses in [(one, names[0], device), (other, names[1], peer)]:
        subprocess.run(["ip", "link", "set", name, "netns", str(machine.holder.pid)], check=True)
        machine.run("ip", "link", "set", name, "up")
        for address in addresses:
            machine.run("ip", "addr", "add", address, "dev", name, *(["nodad"] if ":" in address else []))


def setting(machine, key, value):
    machine.run("sh", "-c", f"echo {value} > /proc/sys/{key}")


def build():
    centre, router, village = Machine(), Machine(), Machine()
    wire(centre, ["10.77.0.1/24", "fd77::1/64"], router, ["10.77.0.2/24", "fd77::2/64"])
    wire(router, ["10.78.0.1/24", "fd78::1/64"], village, ["10.78.0.2/24", "10.78.0.3/24", "fd78::2/64"])
    setting(router, "net/ipv4/ip_forward", 1)
    setting(router, "net/ipv6/conf/all/forwarding", 1)
    router.run("ip", "route", "add", "unreachable", "10.79.0.0/24")
    router.run("ip", "route", "add", "prohibit", "10.80.0.0/24")
    router.run("ip", "route", "add", "blackhole", "10.81.0.0/24")
    for net in ["10.78.0.0/24", "10.79.0.0/24", "10.80.0.0/24", "10.81.0.0/24"]:
        centre.run("ip", "route", "add", net, "via", "10.77.0.2")
    for net in ["fd78::/64", "fd79::/64"]:
        centre.run("ip", "route", "add", net, "via", "fd77::2")
    village.run("ip", "route", "add", "10.77.0.0/24", "via", "10.78.0.1")
    village.run("ip", "route", "add", "fd77::/64", "via", "fd78::1")
    return centre, router, village


def ask(machine, betang, *args, before=()):
    done = subprocess.run(machine.inside(*before, betang, "probe", "--json", *args), capture_output=True, text=True)
    assert done.returncode in (0, 1), f"{args}: {done.stderr}"
    return {it["name"]: it for it in map(json.loads, done.stdout.splitlines())}, done


def alive(found):
    return sorted(name for name, it in found.items() if it["received"])


def whole(betang):
    centre, router, village = machines = build()
    try:
        return judge(betang, centre)
    finally:
        for machine in machines:
            machine.end()


def judge(betang, centre):
    # Addresses of IPv6 are tried out by their machines before they are used.
    there = lambda: subprocess.run(centre.inside("fping", "-q", "-r", "0", "fd78::2"), capture_output=True).returncode == 0
    until("the village is there", there)
    every = [*ALIVE, *REFUSED, *SILENT, *AWAY]
    # By a counterpart that shares nothing with it.
    others = subprocess.run(centre.inside("fping", "-a", "-r", "1", *every), capture_output=True, text=True)
    assert sorted(others.stdout.split()) == sorted(ALIVE), others
    with ThreadPoolExecutor() as pool:
        raw = pool.submit(ask, centre, betang, "--count", "2", *every)
        without = pool.submit(ask, centre, betang, "--count", "1", "--port", "9", *ALIVE[:4], *SILENT, before=WITHOUT)
        (found, done), (tcp, said) = raw.result(), without.result()
    assert alive(found) == sorted(ALIVE) and done.returncode == 1, found
    assert all(found[it]["received"] == found[it]["sent"] == 2 for it in ALIVE), found
    assert all(found[it]["way"] == "icmp" and found[it]["duplicates"] == 0 for it in every), found
    refused = {it: found[it]["refusal"] for it in ["10.79.0.1", "10.80.0.1"]}
    assert refused == {it: REFUSED[it] for it in refused}, found
    assert found["fd79::1"]["received"] == 0
    assert (found[SILENT[0]]["sent"], found[SILENT[0]]["refusal"]) == (2, None), found
    assert (found[AWAY[0]]["sent"], found[AWAY[0]]["refusal"]) == (0, "no_route"), found
    # A network of its own begins with a range of nobody.
    lines = said.stderr.splitlines()
    assert lines[0].startswith('betang: no permission for ICMP over IPv4: net.ipv4.ping_group_range is "1 0" '
                               "and this process has the group"), lines
    assert lines[0].endswith("; CAP_NET_RAW is missing"), lines
    mend = [line.strip() for line in lines]
    assert "AmbientCapabilities=CAP_NET_RAW" in mend, lines
    assert alive(tcp) == sorted(ALIVE[:4]) and all(it["way"] == "tcp" for it in tcp.values()), tcp
    assert tcp[SILENT[0]]["received"] == 0
    # What it says would mend it does: the line as it stands.
    sysctl = next(line for line in mend if line.startswith("net.ipv4.ping_group_range = "))
    setting(centre, "net/ipv4/ping_group_range", f"'{sysctl.split(' = ')[1]}'")
    mended, done = ask(centre, betang, "--count", "2", *every, before=WITHOUT)
    assert alive(mended) == sorted(ALIVE) and done.stderr == "", (mended, done.stderr)
    assert {it: mended[it]["refusal"] for it in every} == {it: found[it]["refusal"] for it in every}, mended
    # Packets that live for one hop end at the router.
    setting(centre, "net/ipv4/ip_default_ttl", 1)
    short, _ = ask(centre, betang, "--count", "2", "10.78.0.2", "10.77.0.2", before=WITHOUT)
    assert short["10.78.0.2"]["refusal"] == "hops" and alive(short) == ["10.77.0.2"], short
    return f"{len(ALIVE)} of {len(every)} addresses alive, as fping says; refusals: {refused}"


if __name__ == "__main__":
    if len(sys.argv) == 2:
        import os
        os.execvp("unshare", ["unshare", "-n", "-m", sys.executable, "-B", *sys.argv, "inside"])
    print(whole(str(Path(sys.argv[1]).resolve())))
