//! Which addresses may the centre ask by itself, and what does a list of them say?
//!
//! A node is an address, never a name: a name is whatever a server of names says at the
//! moment, so a name that moves would bring the history of one device to another, and
//! while names cannot be looked up every device would seem silent.
//!
//! A list is pasted, one node on each line: name, address, port, note, divided by tabs,
//! or by semicolons, or by commas. A line of one cell is an address that has no name but
//! itself.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use std::collections::BTreeMap;

/// Nodes of a house, at most. Five connections to each, 200 in a second, are asked for
/// within a minute even where none may be asked by ICMP.
pub const NODES_MAX: usize = 2_000;

/// Cells of a line: the last one may hold what divides the others.
const CELLS: usize = 4;

/// Why something is no node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The line names no address.
    None,
    /// It is no address: a name, or nothing at all.
    Name,
    /// `0.0.0.0/8` or `::`: no machine.
    Unspecified,
    /// The machine that asks.
    Loopback,
    /// Many machines.
    Multicast,
    /// All machines of a network.
    Broadcast,
    /// Of one cable: without saying which, it is no address.
    LinkLocal,
    /// Given to nobody: `240.0.0.0/4`, or for pages of books.
    Reserved,
    /// An address of IPv4 in clothes of IPv6.
    Mapped,
    /// The port is none of 1 to 65535.
    Port,
    /// The name is empty, too long, or not one line.
    Title,
    /// The note is too long, or not one line.
    Note,
    /// The list names the same address on an earlier line.
    Twice,
    /// The house asks it already.
    Taken,
    /// The centre itself has it.
    Own,
    /// With it the house would ask more than [`NODES_MAX`].
    Full,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::None,
        Self::Name,
        Self::Unspecified,
        Self::Loopback,
        Self::Multicast,
        Self::Broadcast,
        Self::LinkLocal,
        Self::Reserved,
        Self::Mapped,
        Self::Port,
        Self::Title,
        Self::Note,
        Self::Twice,
        Self::Taken,
        Self::Own,
        Self::Full,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "no_address",
            Self::Name => "not_address",
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Multicast => "multicast",
            Self::Broadcast => "broadcast",
            Self::LinkLocal => "link_local",
            Self::Reserved => "reserved",
            Self::Mapped => "mapped",
            Self::Port => "port",
            Self::Title => "name",
            Self::Note => "note",
            Self::Twice => "twice",
            Self::Taken => "taken",
            Self::Own => "own",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("names no address"),
            Self::Name => f.write_str(
                "is no address of IPv4 or IPv6; names are not asked, since they may move to another device",
            ),
            Self::Unspecified => f.write_str("is the address of no machine"),
            Self::Loopback => f.write_str("is of the machine itself"),
            Self::Multicast => f.write_str("is of many machines"),
            Self::Broadcast => f.write_str("is of all machines of a network"),
            Self::LinkLocal => f.write_str("is of one cable and does not say of which"),
            Self::Reserved => f.write_str("is given to nobody"),
            Self::Mapped => f.write_str("is one of IPv4; write it so"),
            Self::Port => f.write_str("use a port of 1 to 65535"),
            Self::Title => f.write_str("has no name of one line that is short enough"),
            Self::Note => f.write_str("has a note that is not one line, or too long"),
            Self::Twice => f.write_str("stands on an earlier line"),
            Self::Taken => f.write_str("is asked already"),
            Self::Own => f.write_str("is the centre's own, or of all machines of its network"),
            Self::Full => write!(f, "is more than the {NODES_MAX} that a house asks"),
        }
    }
}

/// The address of a text, if the centre may ask it as far as the text tells.
///
/// # Errors
/// Why it may not.
pub fn address(text: &str) -> Result<IpAddr, Fault> {
    let address: IpAddr = text.trim().parse().map_err(|_| Fault::Name)?;
    fit(address).map(|()| address)
}

/// Whether the centre may ask an address, as far as the address itself tells.
///
/// # Errors
/// Why it may not.
pub fn fit(address: IpAddr) -> Result<(), Fault> {
    let fault = match address {
        IpAddr::V4(it) => fault_of_4(it),
        IpAddr::V6(it) if it.is_unspecified() => Some(Fault::Unspecified),
        IpAddr::V6(it) if it.is_loopback() => Some(Fault::Loopback),
        IpAddr::V6(it) if it.is_multicast() => Some(Fault::Multicast),
        IpAddr::V6(it) if it.is_unicast_link_local() => Some(Fault::LinkLocal),
        IpAddr::V6(it) if it.to_ipv4().is_some() => Some(Fault::Mapped),
        // RFC 3849.
        IpAddr::V6(it) if it.segments()[..2] == [0x2001, 0xdb8] => Some(Fault::Reserved),
        IpAddr::V6(_) => None,
    };
    fault.map_or(Ok(()), Err)
}

const fn fault_of_4(it: Ipv4Addr) -> Option<Fault> {
    let [first, ..] = it.octets();
    if first == 0 {
        Some(Fault::Unspecified)
    } else if it.is_loopback() {
        Some(Fault::Loopback)
    } else if it.is_multicast() {
        Some(Fault::Multicast)
    } else if it.is_broadcast() {
        Some(Fault::Broadcast)
    } else if it.is_link_local() {
        Some(Fault::LinkLocal)
    } else if first >= 240 || it.is_documentation() {
        Some(Fault::Reserved)
    } else {
        None
    }
}

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which, counted from one; empty ones and remarks count too.
    pub number: usize,
    /// What it is called: the address, where the line has nothing else.
    pub name: String,
    /// The address as it stands there.
    pub written: String,
    /// The note.
    pub note: Option<String>,
    /// Address and port, or why there are none.
    pub node: Result<(IpAddr, Option<u16>), Fault>,
}

/// The nodes of a list. Empty lines, and those that begin with `#`, are left out.
#[must_use]
pub fn read(text: &str) -> Vec<Line> {
    let mut seen = BTreeMap::new();
    let mut lines = Vec::new();
    for (at, text) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let number = at + 1;
        let mut line = line(number, text);
        if let Ok((address, _)) = line.node
            && *seen.entry(address).or_insert(number) != number
        {
            line.node = Err(Fault::Twice);
        }
        lines.push(line);
    }
    lines
}

fn line(number: usize, text: &str) -> Line {
    let divider = ['\t', ';', ','].into_iter().find(|it| text.contains(*it));
    let cells: Vec<&str> = match divider {
        Some(divider) => text.splitn(CELLS, divider).map(str::trim).collect(),
        None => vec![text, text],
    };
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    let port = match cell(2) {
        "" => Ok(None),
        port => port
            .parse()
            .ok()
            .filter(|it| *it > 0)
            .map(Some)
            .ok_or(Fault::Port),
    };
    let address = match cell(1) {
        "" => Err(Fault::None),
        text => address(text),
    };
    Line {
        number,
        name: cell(0).to_owned(),
        written: cell(1).to_owned(),
        note: Some(cell(3)).filter(|it| !it.is_empty()).map(str::to_owned),
        node: address.and_then(|address| Ok((address, port?))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_is_nobody_or_many_or_oneself_is_not_asked() {
        for (text, expected) in [
            ("10.62.0.1", None),
            (" 192.168.8.1 ", None),
            ("100.64.0.7", None),
            ("8.8.8.8", None),
            ("fd77::2", None),
            ("2001:4860:4860::8888", None),
            ("", Some(Fault::Name)),
            ("router.desa.id", Some(Fault::Name)),
            ("10.62.0", Some(Fault::Name)),
            ("010.62.0.1", Some(Fault::Name)),
            ("10.62.0.0/24", Some(Fault::Name)),
            ("10.62.0.1:443", Some(Fault::Name)),
            ("fe80::1%eth0", Some(Fault::Name)),
            ("0.0.0.0", Some(Fault::Unspecified)),
            ("0.1.2.3", Some(Fault::Unspecified)),
            ("::", Some(Fault::Unspecified)),
            ("127.0.0.1", Some(Fault::Loopback)),
            ("127.255.0.9", Some(Fault::Loopback)),
            ("::1", Some(Fault::Loopback)),
            ("224.0.0.1", Some(Fault::Multicast)),
            ("239.255.255.250", Some(Fault::Multicast)),
            ("ff02::1", Some(Fault::Multicast)),
            ("255.255.255.255", Some(Fault::Broadcast)),
            ("169.254.1.1", Some(Fault::LinkLocal)),
            ("fe80::1", Some(Fault::LinkLocal)),
            ("240.0.0.1", Some(Fault::Reserved)),
            ("198.51.100.1", Some(Fault::Reserved)),
            ("2001:db8::1", Some(Fault::Reserved)),
            ("::ffff:10.62.0.1", Some(Fault::Mapped)),
            ("::ffff:127.0.0.1", Some(Fault::Mapped)),
        ] {
            assert_eq!(address(text).err(), expected, "{text}");
        }
    }

    #[test]
    fn a_list_is_read_line_by_line() {
        let text = "\u{feff}# simpul\r\nSimpul Kapuas;10.62.0.7;8291;pasang, lalu uji\r\n\r\n\
                    10.62.0.8\n\tfd77::9\nPulang Pisau,10.62.0.9,99999\nKatingan;router;\n\
                    Sukamara,10.62.0.7\nKosong;\nSeruyan\t10.62.0.10\t\tmasih uji;coba";
        let found: Vec<_> = read(text)
            .into_iter()
            .map(|it| (it.number, it.name, it.node, it.note))
            .collect();
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address of the table");
        let line = |number, name: &str, node, note: Option<&str>| {
            (number, name.to_owned(), node, note.map(str::to_owned))
        };
        assert_eq!(
            found,
            [
                line(
                    2,
                    "Simpul Kapuas",
                    Ok((ip("10.62.0.7"), Some(8291))),
                    Some("pasang, lalu uji")
                ),
                line(4, "10.62.0.8", Ok((ip("10.62.0.8"), None)), None),
                // Its name was forgotten, and blanks around a line say nothing.
                line(5, "fd77::9", Ok((ip("fd77::9"), None)), None),
                line(6, "Pulang Pisau", Err(Fault::Port), None),
                line(7, "Katingan", Err(Fault::Name), None),
                line(8, "Sukamara", Err(Fault::Twice), None),
                line(9, "Kosong", Err(Fault::None), None),
                line(
                    10,
                    "Seruyan",
                    Ok((ip("10.62.0.10"), None)),
                    Some("masih uji;coba")
                ),
            ]
        );
    }

    #[test]
    fn words_are_each_of_one_fault() {
        let words: std::collections::BTreeSet<_> = Fault::ALL.map(Fault::as_str).into();
        assert_eq!(words.len(), Fault::ALL.len());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            rows in proptest::collection::btree_map(
                // 10.0.0.0/8 without its ends.
                0x0a00_0001_u32..0x0aff_ffff,
                ("[A-Za-z]{1,9}( [a-z]{1,5})?", proptest::option::of(1_u16..), proptest::option::of("[a-z]{1,9}")),
                0..30,
            ),
            divider in proptest::sample::select(vec!["\t", ";", ",", " ; "]),
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(bits, it)| (IpAddr::V4(bits.into()), it)).collect();
            let text: String = rows.iter().map(|(address, (name, port, note))| {
                let port = port.map(|it| it.to_string()).unwrap_or_default();
                let note = note.clone().unwrap_or_default();
                [name.clone(), address.to_string(), port, note].join(divider) + "\n"
            }).collect();
            let read = read(&text);
            prop_assert_eq!(read.len(), rows.len());
            for (line, (address, (name, port, note))) in read.iter().zip(&rows) {
                prop_assert_eq!(line.node, Ok((*address, *port)));
                prop_assert_eq!((&line.name, &line.note), (name, note));
            }
        }

        #[test]
        fn no_text_panics_and_no_node_is_unfit(text in "(\\PC|[\n\t;,:.0-9#]){0,80}") {
            let lines = read(&text);
            prop_assert!(lines.len() <= text.lines().count());
            let mut last = 0;
            for line in lines {
                prop_assert!(line.number > last);
                last = line.number;
                if let Ok((address, port)) = line.node {
                    prop_assert_eq!(fit(address), Ok(()));
                    prop_assert!(port != Some(0));
                }
            }
        }
    }
}
