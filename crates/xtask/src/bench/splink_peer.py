#!/usr/bin/env python3
"""Splink 5 on DuckDB, on the same records: the peer of `cargo xtask bench link`.

    splink_peer.py RECORDS.csv TRUTH.csv

Set up by its users' advice, for Splink to do well: names are folded for spelling as this
province writes them, term frequencies are adjusted for names, numbers are compared by
Damerau-Levenshtein, dates with their usual slips, and one comparison knows families: a
card number that is shared by people of other names and birthdays says nothing. One line of
JSON: CPU seconds by stage, peak memory, and pairwise scores of clusters over a grid of
thresholds.
"""

import json
import math
import re
import sys
import time

import duckdb
import pandas
import splink.comparison_level_library as level
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

GRID = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999]
NUMBER = re.compile(r"^[1-9]\d{14,16}$")
TITLES = re.compile(r"^(h|hj|haji|hajjah)\b\.?\s*", re.I)
CUT = re.compile(r"\s+\b(bin|binti|alias|als)\b.*$|,.*$|\s+s\.?kom$", re.I)
SHORT = {"m": "muhammad", "muh": "muhammad", "moh": "muhammad", "mhd": "muhammad", "mohammad": "muhammad",
         "mohamad": "muhammad", "muhamad": "muhammad", "mochamad": "muhammad", "muchammad": "muhammad",
         "a": "ahmad", "ach": "ahmad", "akh": "ahmad", "ahmat": "ahmad", "achmad": "ahmad", "akhmad": "ahmad",
         "abd": "abdul", "st": "siti", "sitti": "siti", "sity": "siti", "noor": "nur", "nor": "nur", "nr": "nur",
         "seri": "sri", "srie": "sri", "johanes": "yohanes", "yohannes": "yohanes"}
SPELLINGS = [("oe", "u"), ("dj", "j"), ("tj", "c"), ("nj", "ny"), ("ch", "h"), ("kh", "h"), ("sy", "s"), ("dz", "j"),
             ("z", "j"), ("f", "p"), ("v", "p"), ("q", "k"), ("x", "ks"), ("th", "t"), ("dh", "d")]


def folded(text):
    """A name for comparison, by the advice of card lists."""
    if not isinstance(text, str):
        return None
    text = CUT.sub("", TITLES.sub("", text.strip().lower()))
    words = re.sub(r"[^a-z ]", " ", text.replace("'", "")).split()
    out = []
    for at, word in enumerate(words):
        if len(word) > 2 or (at == 0 and len(words) > 1):
            word = SHORT.get(word, word)
        for old, new in SPELLINGS:
            word = word.replace(old, new)
        word = re.sub(r"(.)\1", r"\1", word)
        out.append(word[:-1] if len(word) > 3 and word.endswith("h") else word)
    return " ".join(out) or None


class Stages:
    """Processor time of this process, stage by stage."""

    def __init__(self):
        self.spent, self.cpu, self.wall = {}, time.process_time(), time.monotonic()
        self.began = self.wall

    def lap(self, stage):
        now = time.process_time()
        self.spent[stage] = round(self.spent.get(stage, 0) + now - self.cpu, 2)
        self.cpu = now


def standardised(path):
    rows = pandas.read_csv(path, dtype=str, keep_default_na=False)
    number = lambda text: text if NUMBER.match(text) and not text.startswith("99") and not text.endswith("0000000000") else None
    out = pandas.DataFrame({"unique_id": rows.rec_id, "sumber": rows.sumber})
    out["nik"] = rows.nik.map(number)
    out["no_kk"] = rows.no_kk.map(number)
    known = {}
    fold = lambda text: known[text] if text in known else known.setdefault(text, folded(text))
    out["nama"] = rows.nama.map(fold)
    out["ibu"] = rows.ibu_kandung.map(fold)
    out["depan"] = out.nama.str.split(" ").str[0]
    out["lahir"] = rows.tgl_lahir.where(rows.tgl_lahir != "", None)
    out["jk"] = rows.jk.where(rows.jk != "", None)
    out["tempat"] = rows.tempat_lahir.where(rows.tempat_lahir != "", None)
    out["desa"] = rows.kode_desa.where(rows.kode_desa != "", None)
    out["kecamatan"] = out.desa.str[:6]
    out["hubungan"] = rows.hubungan.where(rows.hubungan != "", None)
    return out


def number(column):
    return compare.CustomComparison(output_column_name=column, comparison_levels=[
        level.NullLevel(column),
        level.ExactMatchLevel(column),
        level.CustomLevel(f"left({column}_l, 12) = left({column}_r, 12)", "the serial differs"),
        level.DamerauLevenshteinLevel(column, 1),
        level.DamerauLevenshteinLevel(column, 2),
        level.ElseLevel()])


def name(column):
    return compare.CustomComparison(output_column_name=column, comparison_levels=[
        level.NullLevel(column),
        level.ExactMatchLevel(column, term_frequency_adjustments=True),
        level.JaroWinklerLevel(column, 0.95),
        level.CustomLevel(f"starts_with({column}_l, {column}_r) or starts_with({column}_r, {column}_l)", "one goes on"),
        level.JaroWinklerLevel(column, 0.88),
        level.JaroWinklerLevel(column, 0.8),
        level.ElseLevel()])


BIRTH = compare.CustomComparison(output_column_name="lahir", comparison_levels=[
    level.NullLevel("lahir"),
    level.ExactMatchLevel("lahir"),
    level.CustomLevel("lahir_l[1:4] = lahir_r[1:4] and lahir_l[6:7] = lahir_r[9:10] and lahir_l[9:10] = lahir_r[6:7]",
                      "day and month changed over"),
    level.CustomLevel("lahir_l[6:10] = lahir_r[6:10]", "another year"),
    level.CustomLevel("lahir_l[1:4] = lahir_r[1:4] and (lahir_l[6:10] in ('01-01', '07-01', '12-31') "
                      "or lahir_r[6:10] in ('01-01', '07-01', '12-31'))", "a stand-in"),
    level.CustomLevel("abs(date_diff('day', try_cast(lahir_l as date), try_cast(lahir_r as date))) <= 31", "a month apart"),
    level.ElseLevel()])

SAME_NAME = "jaro_winkler_similarity(nama_l, nama_r) >= 0.88"
FAMILY = compare.CustomComparison(output_column_name="no_kk", comparison_levels=[
    level.NullLevel("no_kk"),
    level.CustomLevel(f"no_kk_l = no_kk_r and lahir_l = lahir_r and {SAME_NAME}", "one family, name and birthday"),
    level.CustomLevel(f"no_kk_l = no_kk_r and {SAME_NAME}", "one family and name"),
    level.CustomLevel("no_kk_l = no_kk_r and lahir_l = lahir_r", "one family and birthday, another name"),
    level.CustomLevel("no_kk_l = no_kk_r", "one family, others"),
    level.DamerauLevenshteinLevel("no_kk", 1),
    level.ElseLevel()])

PLACE = compare.CustomComparison(output_column_name="desa", comparison_levels=[
    level.NullLevel("desa"),
    level.ExactMatchLevel("desa"),
    level.CustomLevel("left(desa_l, 6) = left(desa_r, 6)", "one district"),
    level.CustomLevel("left(desa_l, 4) = left(desa_r, 4)", "one regency"),
    level.ElseLevel()])

RULES = [
    block_on("nik"),
    block_on("substr(nik, 1, 12)", "depan"),
    block_on("no_kk", "depan"),
    block_on("no_kk", "lahir"),
    block_on("lahir", "substr(nama, 1, 2)"),
    block_on("lahir", "kecamatan"),
    block_on("nama", "desa"),
    block_on("nama", "substr(lahir, 1, 4)", "kecamatan"),
    block_on("ibu", "substr(lahir, 1, 4)", "jk"),
]


def scored(clusters, truth):
    """Precision, recall and F1 over pairs within clusters."""
    con = duckdb.connect()
    con.register("clusters", clusters)
    con.register("truth", truth)
    pairs = lambda key, of: con.execute(
        f"select coalesce(sum(n * (n - 1) / 2), 0) from (select count(*) n from {of} group by {key})").fetchone()[0]
    con.execute("create table both_ as select c.cluster_id, t.entity_id from clusters c join truth t on c.unique_id = t.rec_id")
    right, said, there = (pairs(key, "both_") for key in ["cluster_id, entity_id", "cluster_id", "entity_id"])
    precision, recall = right / max(said, 1), right / max(there, 1)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-9)}


def main():
    records, answers = sys.argv[1:3]
    stages = Stages()
    rows = standardised(records)
    stages.lap("standardise")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[number("nik"), FAMILY, name("nama"), BIRTH, compare.ExactMatch("jk"), name("ibu"), PLACE,
                     compare.ExactMatch("tempat"), compare.ExactMatch("hubungan"), compare.ExactMatch("sumber")],
        blocking_rules_to_generate_predictions=RULES,
        retain_intermediate_calculation_columns=False, retain_matching_columns=False)
    api = DuckDBAPI()
    linker = Linker(api.register(rows), settings)
    stages.lap("load")
    train = linker.training
    train.estimate_probability_two_random_records_match([block_on("nik", "depan"), block_on("nama", "lahir", "desa")], recall=0.8)
    train.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    for rule in [block_on("nik"), block_on("lahir", "depan"), block_on("nama", "desa")]:
        train.estimate_parameters_using_expectation_maximisation(rule)
    stages.lap("train")
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    stages.lap("predict")
    clustered = lambda threshold: linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold).as_pandas_dataframe()
    # One clustering belongs to the work; the others belong to the search for the best.
    clusters = clustered(0.95)
    stages.lap("cluster")
    [memory] = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")]
    truth = pandas.read_csv(answers, dtype=str)
    grid = {threshold: scored(clusters if threshold == 0.95 else clustered(threshold), truth) for threshold in GRID}
    best = max(grid, key=lambda threshold: grid[threshold]["f1"])
    print(json.dumps({
        "splink": __import__("splink").__version__, "duckdb": duckdb.__version__, "records": len(rows),
        "cpu_s": stages.spent, "cpu_s_whole": round(math.fsum(stages.spent.values()), 2),
        "memory_kib": memory,
        "at_095": grid[0.95], "best": {"threshold": best, **grid[best]}, "grid": {str(t): s["f1"] for t, s in grid.items()}}))


if __name__ == "__main__":
    main()
