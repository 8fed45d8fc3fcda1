#!/usr/bin/env python3
"""`betang link` beside Splink, on the same records, in one run.

    link.py BETANG DATA [--runs N] [--without-splink]

DATA holds records.csv and truth.csv. Both programs are processes of their own, one after
the other; processor time of betang is what the kernel counted for its process; of
Splink it is its own count from its first stage to the end of one clustering, without what
is asked of it here besides. The most memory is what the kernel says of each to itself. Scores
are of pairs of records within clusters, against the answers, by code of this file alone.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

GRID = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99]

# Of 100,000 records, pairs that persons would look at.
CLERICAL = 500


def measured(command):
    """Runs it; processor seconds, seconds, and what it printed."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    assert child.returncode == 0, f"{command}: {child.returncode}"
    # Its most memory is asked of itself: what the kernel says here begins with this process.
    return used.ru_utime + used.ru_stime, time.monotonic() - began, text


def pairs(counted):
    return sum(n * (n - 1) // 2 for n in counted.values())


class Truth:
    def __init__(self, path):
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        self.person = {row["rec_id"]: row["entity_id"] for row in rows}
        self.family = {row["rec_id"]: row["family_id"] for row in rows}
        self.pairs = pairs(Counter(self.person.values()))
        self.families = len(set(self.family.values()))

    def scored(self, clusters):
        """Precision, recall, F1, and families that were wrongly merged with another."""
        said = pairs(Counter(clusters.values()))
        right = pairs(Counter((cluster, self.person[record]) for record, cluster in clusters.items()))
        precision, recall = right / max(said, 1), right / max(self.pairs, 1)
        families = {}
        for record, cluster in clusters.items():
            families.setdefault(cluster, set()).add(self.family[record])
        merged = set().union(*(of for of in families.values() if len(of) > 1))
        return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9), len(merged)


def clusters(path):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        next(rows)
        return dict(rows)


def house(betang, data, folder, *more):
    out = folder / "clusters.csv"
    report = folder / "report.json"
    cpu, wall, _ = measured([betang, "link", "--records", data / "records.csv", "--out", out, "--report", report,
                             *map(str, more)])
    return (cpu, wall, json.loads(report.read_text())["memory_kib"]), clusters(out)


def surely(betang, data, folder, truth):
    """What is merged without a person from a probability on, where persons look at the pairs
    below it, as many as they are given."""
    most = len(truth.person) * CLERICAL // 100_000
    for upper in [0.9, 0.95, 0.98, 0.99, 0.995]:
        grey = folder / "grey.csv"
        _, found = house(betang, data, folder, "--threshold", upper, "--pairs", grey, "--grey", f"0.05,{upper}")
        with open(grey, newline="") as file:
            left = sorted((float(row["probability"]) for row in csv.DictReader(file)), reverse=True)
        low = left[most] if len(left) > most else 0.05
        precision, recall, _, merged = truth.scored(found)
        print(f"  merged from {upper}, {min(len(left), most)} pairs from {low:.3f} for persons: "
              f"{merged / truth.families * 1e5:.1f} families per 100,000 in a person of two families "
              f"(precision {precision:.4f}, recall {recall:.4f})", flush=True)


def calibrated(betang, data, folder, truth):
    """Of all pairs of one person, how many were looked at; of those that are said to be of one
    with so much certainty, how many are."""
    pairs_file = folder / "pairs.csv"
    house(betang, data, folder, "--pairs", pairs_file, "--grey", "0,1")
    bands = {(0.0, 0.5): [0, 0], (0.5, 0.9): [0, 0], (0.9, 0.985): [0, 0], (0.985, 0.995): [0, 0], (0.995, 1.1): [0, 0]}
    with open(pairs_file, newline="") as file:
        for row in csv.DictReader(file):
            said = float(row["probability"])
            [band] = [band for band in bands if band[0] <= said < band[1]]
            bands[band][0] += 1
            bands[band][1] += truth.person[row["rec_id"]] == truth.person[row["other"]]
    looked_at = sum(right for _, right in bands.values())
    print(f"  {looked_at / truth.pairs:.4f} of the pairs of one person were looked at", flush=True)
    for (low, high), (said, right) in bands.items():
        print(f"  said with {low} to {min(high, 1.0)}: {right} of {said} are, {right / max(said, 1):.4f}", flush=True)


def main():
    told = argparse.ArgumentParser()
    told.add_argument("betang", type=Path)
    told.add_argument("data", type=Path)
    told.add_argument("--runs", type=int, default=3)
    told.add_argument("--without-splink", action="store_true")
    told = told.parse_args()
    truth = Truth(told.data / "truth.csv")
    print(f"{len(truth.person)} records, {truth.families} families, {truth.pairs} pairs of one person", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        grid = {threshold: truth.scored(house(told.betang, told.data, folder, "--threshold", threshold)[1])[2]
                for threshold in GRID}
        best = max(grid, key=grid.get)
        print(f"betang: best F1 {grid[best]:.4f} at {best}; " +
              ", ".join(f"{threshold} {f1:.4f}" for threshold, f1 in grid.items()), flush=True)
        surely(told.betang, told.data, folder, truth)
        calibrated(told.betang, told.data, folder, truth)
        for run in range(1, told.runs + 1):
            (cpu, wall, memory), found = house(told.betang, told.data, folder)
            precision, recall, f1, merged = truth.scored(found)
            print(f"run {run}: betang {cpu:.2f} CPU s, {wall:.1f} s, {memory / 1024:.0f} MiB, as shipped F1 {f1:.4f} "
                  f"(precision {precision:.4f}, recall {recall:.4f}; {f1 - grid[best]:+.4f} to its best)", flush=True)
            if told.without_splink:
                continue
            peer = Path(__file__).parent / "splink_peer.py"
            _, _, text = measured([sys.executable, peer, told.data / "records.csv", told.data / "truth.csv"])
            splink = json.loads(text.splitlines()[-1])
            print(f"run {run}: Splink {splink['splink']} on DuckDB {splink['duckdb']} {splink['cpu_s_whole']:.1f} CPU s "
                  f"{splink['cpu_s']}, {splink['memory_kib'] / 1024:.0f} MiB, best F1 {splink['best']['f1']:.4f} at "
                  f"{splink['best']['threshold']}, at 0.95 {splink['at_095']['f1']:.4f}", flush=True)
            print(f"run {run}: processor 1/{splink['cpu_s_whole'] / cpu:.1f}, memory 1/{splink['memory_kib'] / memory:.1f}, "
                  f"best F1 {grid[best] - splink['best']['f1']:+.4f}", flush=True)


if __name__ == "__main__":
    main()
