//! What the offices write of a family.

use fastrand::Rng;

use super::case::{Case, People};
use super::{List, Lot, PAID, Row};
use crate::families::lists::{Care, DESA, DTSEN, KEMATIAN, KPM, PINDAH, PKH, Record, Writer};
use crate::families::{Day, NOW, per_mille, weighed};

/// Of a thousand rows of the running list, those that bear the card number of another.
const CARDS_TWICE: u32 = 1;
/// Of a thousand rows, those that were not paid in the last cycle.
const NOT_PAID: u32 = 20;
/// Of a thousand that were not paid, those whose transfer has failed.
const FAILED: u32 = 700;
/// Of a thousand that were paid, those to whom an earlier transfer has failed.
const FAILED_BEFORE: u32 = 8;
/// Of a thousand second rows of a family, those of somebody else of it.
const ANOTHER: u32 = 550;

/// Why transfers fail, and how often.
const REASONS: [(&str, u32); 5] = [
    ("REKENING TIDAK AKTIF", 30),
    ("NAMA TIDAK SESUAI", 25),
    ("NIK TIDAK PADAN", 20),
    ("REKENING DIBLOKIR", 10),
    ("NOMOR REKENING SALAH", 15),
];

/// From one card number to the next, so that neighbours do not look it: all numbers of
/// twelve digits come before one comes again.
const CARD_STEP: u64 = 381_966_011_237;
const CARDS: u64 = 1_000_000_000_000;
const CARD_PREFIX: u64 = 6200;

/// All offices, with what they have written so far.
pub(super) struct Offices<'a, F> {
    writer: Writer<'a>,
    take: F,
    card: u64,
}

impl<'a, F: FnMut(&Row<'_>)> Offices<'a, F> {
    pub(super) fn new(writer: Writer<'a>, take: F, rng: &mut Rng) -> Self {
        Self {
            writer,
            take,
            card: rng.u64(0..CARDS),
        }
    }

    /// What all lists have of a family.
    pub(super) fn write(&mut self, case: &Case, people: &mut People<'_>, rng: &mut Rng) {
        self.persons(case, rng);
        self.aid(case, rng);
        self.deaths(case, rng);
        self.moves(case, rng);
        self.proposal(case, rng);
        self.cards(case, people, rng);
    }

    fn put(&mut self, list: List, case: &Case, at: usize, fields: &[&str]) {
        (self.take)(&Row {
            list,
            fields,
            person: case.family.members[at].id,
            family: case.id,
            flags: case.flags(at),
            paid: 0,
        });
    }

    /// The records that a list has of somebody who stands in it.
    fn records(&self, list: &Care, case: &Case, at: usize, rng: &mut Rng) -> Vec<Record> {
        let person = &case.family.members[at];
        (0..self.writer.times(list, rng))
            .map(|_| self.writer.record(list, &case.family, person, rng))
            .collect()
    }

    fn persons(&mut self, case: &Case, rng: &mut Rng) {
        let decile = case.decile.to_string();
        for at in (0..case.fates.len()).filter(|at| case.fates[*at].known) {
            for record in self.records(DTSEN, case, at, rng) {
                let [_, person @ ..] = record.fields();
                let mut fields = person.to_vec();
                fields.push(&decile);
                self.put(List::Dtsen, case, at, &fields);
            }
        }
    }

    fn aid(&mut self, case: &Case, rng: &mut Rng) {
        for &programme in &case.aid {
            for (at, person) in case.family.members.iter().enumerate() {
                if !PKH.keeps(person, rng) {
                    continue;
                }
                for record in self.records(PKH, case, at, rng) {
                    let [_, nik, kk, name, born, sex, _, mother, _, address, village] =
                        record.fields();
                    let fields = [
                        nik, kk, name, born, sex, mother, address, village, programme,
                    ];
                    self.put(List::Bansos, case, at, &fields);
                }
            }
        }
    }

    fn deaths(&mut self, case: &Case, rng: &mut Rng) {
        for (at, fate) in case.fates.iter().enumerate() {
            let Some(day) = fate.died else { continue };
            let day = day.to_string();
            for record in self.records(KEMATIAN, case, at, rng) {
                let [_, nik, kk, name, born, sex, _, _, _, address, village] = record.fields();
                let fields = [nik, kk, name, born, sex, address, village, &day];
                self.put(List::Kematian, case, at, &fields);
            }
        }
    }

    fn moves(&mut self, case: &Case, rng: &mut Rng) {
        let family = &case.family;
        for (at, fate) in case.fates.iter().enumerate() {
            let Some(leave) = fate.left else { continue };
            // Who moves within the province has left the home that some lists still have.
            let old = family.other_home.as_ref().filter(|_| !leave.out);
            let from = old.unwrap_or(&family.home);
            let (day, to) = (leave.day.to_string(), leave.to.to_string());
            for _ in 0..self.writer.times(PINDAH, rng) {
                let person = &family.members[at];
                let record = self.writer.record_at(from, PINDAH, family, person, rng);
                let [_, nik, kk, name, born, sex, _, _, _, _, village] = record.fields();
                let fields = [nik, kk, name, born, sex, village, &day, &to];
                self.put(List::Pindah, case, at, &fields);
            }
        }
    }

    /// A village proposes whom it thinks left out, and now and then somebody who is not.
    fn proposal(&mut self, case: &Case, rng: &mut Rng) {
        let share = match case.lot {
            Lot::LeftOut => 350,
            _ if !case.known => 400,
            Lot::Other => 40,
            _ => 60,
        };
        if !per_mille(share, rng) {
            return;
        }
        for (at, person) in case.family.members.iter().enumerate() {
            if !DESA.keeps(person, rng) {
                continue;
            }
            for record in self.records(DESA, case, at, rng) {
                let [_, fields @ ..] = record.fields();
                self.put(List::Desa, case, at, &fields);
            }
        }
    }

    /// The rows of the running list, and the transfers to them that have failed.
    fn cards(&mut self, case: &Case, people: &mut People<'_>, rng: &mut Rng) {
        for nth in 0..case.rows {
            let (at, record) = match nth {
                0 => (case.recipient, self.recipient(case, case.recipient, rng)),
                _ => self.again(case, people, rng),
            };
            if !per_mille(CARDS_TWICE, rng) {
                self.card = (self.card + CARD_STEP) % CARDS;
            }
            let card = (CARD_PREFIX * CARDS + self.card).to_string();
            let is_paid = !per_mille(NOT_PAID, rng);
            let amount = PAID.to_string();
            let [_, nik, kk, name, born, sex, _, mother, _, address, village] = record.fields();
            let value = if is_paid { amount.as_str() } else { "" };
            (self.take)(&Row {
                list: List::Kpm,
                fields: &[
                    &card, nik, kk, name, born, sex, mother, address, village, value,
                ],
                person: case.family.members[at].id,
                family: case.id,
                flags: case.flags(at),
                paid: if is_paid { PAID } else { 0 },
            });
            if per_mille(if is_paid { FAILED_BEFORE } else { FAILED }, rng) {
                let year = if is_paid { NOW - 1 } else { NOW };
                let day = Day {
                    month: 3,
                    ..Day::of(year, rng)
                };
                let is_dead = case.fates[at].died.is_some();
                let reason = match is_dead && rng.bool() {
                    true => "PENERIMA MENINGGAL",
                    false => weighed(&REASONS, rng),
                };
                let fields = [&card, nik, name, &day.to_string(), &amount, reason];
                self.put(List::Gagal, case, at, &fields);
            }
        }
    }

    fn recipient(&self, case: &Case, at: usize, rng: &mut Rng) -> Record {
        let person = &case.family.members[at];
        self.writer.record(KPM, &case.family, person, rng)
    }

    /// Another row of a family that is on the running list already: of somebody else, or
    /// of the same with a number given anew.
    fn again(&self, case: &Case, people: &mut People<'_>, rng: &mut Rng) -> (usize, Record) {
        let family = &case.family;
        let others: Vec<usize> = (0..family.members.len())
            .filter(|at| *at != case.recipient && family.members[*at].born.year <= NOW - 18)
            .collect();
        if !others.is_empty() && per_mille(ANOTHER, rng) {
            let at = others[rng.usize(0..others.len())];
            return (at, self.recipient(case, at, rng));
        }
        let at = case.recipient;
        let person = &family.members[at];
        let record = if rng.bool() {
            let person = people.renumbered(person, rng);
            self.writer.record(KPM, family, &person, rng)
        } else {
            let home = people.with_new_card(&family.home, rng);
            self.writer.record_at(&home, KPM, family, person, rng)
        };
        (at, record)
    }
}
