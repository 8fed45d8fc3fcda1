//! Words of papers, in Bahasa Indonesia.

use hall::print::Mark;
use reach_core::judge::{Cause, State};
use reach_core::uptime::{Kept, Overlay};

/// How a connection was.
pub(crate) const fn state(of: State) -> &'static str {
    match of {
        State::Up => "terhubung",
        State::Degraded => "terganggu",
        State::Down => "putus",
        State::Off => "padam (listrik)",
        State::Unknown => "belum diketahui",
    }
}

/// How it is drawn.
pub(crate) const fn mark(of: State) -> Mark {
    match of {
        State::Up => Mark::Good,
        State::Degraded => Mark::Worse,
        State::Down => Mark::Out,
        State::Off => Mark::Dark,
        State::Unknown => Mark::Unknown,
    }
}

/// Why it was so.
pub(crate) const fn cause(of: Cause) -> &'static str {
    match of {
        Cause::None => "-",
        Cause::Loss => "banyak yang hilang",
        Cause::Slow => "lambat",
        Cause::Link => "koneksi putus",
        Cause::Portal => "halaman masuk penyedia",
        Cause::Power => "listrik padam",
        Cause::Stopped => "dihentikan orang",
        Cause::Crashed => "perangkat rusak",
        Cause::Program => "program berhenti",
        Cause::Untried => "tidak diperiksa",
        Cause::Silent => "tidak terdengar",
    }
}

/// What is laid over minutes.
pub(crate) const fn overlay(of: Overlay) -> &'static str {
    match of {
        Overlay::Maintenance => "pemeliharaan",
        Overlay::ForceMajeure => "keadaan kahar",
        Overlay::Ours => "pusat tidak hidup",
    }
}

/// A share, or that there is none.
pub(crate) fn share(of: Option<u32>) -> String {
    of.map_or_else(|| "belum diketahui".to_owned(), hall::print::said::percent)
}

/// What can be said of a contract.
pub(crate) fn contract(of: Kept) -> String {
    match of {
        Kept::Share(share) => hall::print::said::percent(share),
        Kept::NotEnough => "tidak cukup bukti".to_owned(),
        Kept::Nothing => "semua dikecualikan".to_owned(),
    }
}
