//! Terms by chance, and how a rule file writes them.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::*;

/// A term as tests make it.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Number(&'static str, &'static str, i32),
    Between(&'static str, i32, i32),
    Flag(&'static str, bool),
    In(&'static str, Vec<&'static str>),
    Gets(&'static str, Vec<&'static str>),
}

impl Asked {
    pub(super) fn text(&self) -> String {
        let list = |of: &[Self]| of.iter().map(Self::text).collect::<Vec<_>>().join(", ");
        match self {
            Self::All(of) => format!("{{ semua = [{}] }}", list(of)),
            Self::Any(of) => format!("{{ salah_satu = [{}] }}", list(of)),
            Self::Not(of) => format!("{{ bukan = {} }}", of.text()),
            Self::Number(key, op, to) => {
                format!("{{ kolom = \"{key}\", op = \"{op}\", nilai = {to} }}")
            }
            Self::Between(key, from, to) => {
                format!("{{ kolom = \"{key}\", op = \"antara\", nilai = [{from}, {to}] }}")
            }
            Self::Flag(key, is) => {
                let op = if *is { "ya" } else { "tidak" };
                format!("{{ kolom = \"{key}\", op = \"{op}\" }}")
            }
            Self::In(key, of) => {
                format!("{{ kolom = \"{key}\", op = \"di\", nilai = {of:?} }}")
            }
            Self::Gets(key, of) => {
                format!("{{ kolom = \"{key}\", op = \"ada\", nilai = {of:?} }}")
            }
        }
    }

    pub(super) fn keys(&self, keys: &mut BTreeSet<&'static str>) {
        match self {
            Self::All(of) | Self::Any(of) => of.iter().for_each(|it| it.keys(keys)),
            Self::Not(of) => of.keys(keys),
            Self::Number(key, ..)
            | Self::Between(key, ..)
            | Self::Flag(key, _)
            | Self::In(key, _)
            | Self::Gets(key, _) => {
                keys.insert(key);
            }
        }
    }
}

/// One question of a column of the subject.
pub(super) fn leaf(subject: Subject) -> BoxedStrategy<Asked> {
    let of = |holds: fn(Type) -> bool| {
        let columns = Column::ALL.into_iter();
        let columns = columns.filter(move |it| it.is_of(subject) && holds(it.holds()));
        select(columns.collect::<Vec<_>>())
    };
    let number = of(|it| matches!(it, Type::Number { .. })).prop_flat_map(|column| {
        let (key, (least, most)) = (column.key(), column.range().expect("a number"));
        // Lines of ages, and of counts those that small families reach.
        let most = if column == Column::Age {
            70
        } else {
            most.min(10)
        };
        let ops = select(Op::ALL.map(Op::as_str).to_vec());
        let compare = (ops, least..=most).prop_map(move |(op, to)| Asked::Number(key, op, to));
        let between = (least..=most, least..=most)
            .prop_map(move |(one, other)| Asked::Between(key, one.min(other), one.max(other)));
        prop_oneof![3 => compare, 1 => between]
    });
    let flag = (of(|it| it == Type::Flag), any::<bool>())
        .prop_map(|(column, is)| Asked::Flag(column.key(), is));
    let codes = vec![
        "62",
        "62.02",
        "62.02.11.2001",
        "62.71.01",
        "63.01.01.2001",
        "65",
    ];
    let places = (
        of(|it| it == Type::Area),
        prop::collection::vec(select(codes), 1..3),
    );
    let area = places.prop_map(|(column, codes)| Asked::In(column.key(), codes));
    let aid = of(|it| it == Type::Aid).prop_flat_map(|column| {
        let names = match column {
            Column::Aid => PROGRAMMES.to_vec(),
            // What no row of any business names.
            _ => [&GRANTS[..], &["LPDB"]].concat(),
        };
        let names = prop::collection::vec(select(names), 1..3);
        names.prop_map(move |names| Asked::Gets(column.key(), names))
    });
    prop_oneof![4 => number, 4 => flag, 1 => area, 1 => aid].boxed()
}

pub(super) fn term(subject: Subject) -> impl Strategy<Value = Asked> {
    leaf(subject).prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Asked::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Asked::Any),
            inner.prop_map(|it| Asked::Not(Box::new(it))),
        ]
    })
}
