//! Counts of a few are hidden, and none of them follows from the others.
//!
//! One to nine are hidden: who knows a village knows of whom three are told. **Zero is
//! shown.** It is nobody, so it points at nobody, and a hidden zero could not be told from a
//! few, who are worth looking for.
//!
//! **Headlines are never hidden**: how many of the whole province receive, should, should not.
//! A list answers for them, and without anything beside it a number of a province points at
//! nobody. So what is hidden below a headline is protected by what is hidden beside it: the
//! next smallest counts of the same sum, then zeros, then sums in between.
//!
//! Enough is hidden when neither of two readers comes closer. One knows what is shown and that
//! no count is below zero: to him each hidden count may be anything from one to nine. The
//! other knows these rules, too, and so which counts are few: to him none of them is certain.
//! Where a headline itself is of a few, all below it are hidden, zeros as well, and a reader
//! knows no more of any of them than the headline says.
//!
//! The attacker of the tests is another one: a linear program over what is shown.

/// Counts below are hidden, but for zero.
pub const SMALLEST: u64 = 10;

/// Rounds by which bounds are narrowed; pages need as many as sums lie above each other.
const ROUNDS: usize = 64;

/// Whether a count is of so few that it is hidden.
const fn is_few(count: u64) -> bool {
    count > 0 && count < SMALLEST
}

/// What becomes of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It stands on the page whatever it is.
    Told,
    /// It stands on the page unless it is hidden.
    Open,
    /// It stands on no page, and follows from others.
    Silent,
    /// It is hidden.
    Hidden,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    count: u64,
    fate: Fate,
    /// Whether it must not be told.
    is_kept: bool,
}

impl Cell {
    const fn is_shown(self) -> bool {
        matches!(self.fate, Fate::Told | Fate::Open)
    }
}

/// A count, and those whose sum it is.
#[derive(Debug, Clone)]
struct Sum {
    whole: usize,
    parts: Vec<usize>,
}

impl Sum {
    fn has(&self, cell: usize) -> bool {
        self.whole == cell || self.parts.contains(&cell)
    }

    fn cells(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().copied().chain([self.whole])
    }
}

/// Between what a count lies; no upper end where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    low: u64,
    high: Option<u64>,
}

/// Counts that are shown together, and which are sums of which.
#[derive(Debug, Clone, Default)]
struct Page {
    cells: Vec<Cell>,
    sums: Vec<Sum>,
}

impl Page {
    fn put(&mut self, count: u64, fate: Fate) -> usize {
        let is_kept = fate != Fate::Told && is_few(count);
        let fate = match fate {
            Fate::Open if is_kept => Fate::Hidden,
            fate => fate,
        };
        self.cells.push(Cell {
            count,
            fate,
            is_kept,
        });
        self.cells.len() - 1
    }

    fn all(&mut self, counts: impl IntoIterator<Item = u64>, fate: Fate) -> Vec<usize> {
        counts.into_iter().map(|it| self.put(it, fate)).collect()
    }

    /// That some counts are another one together.
    fn sum(&mut self, whole: usize, parts: Vec<usize>) {
        self.sums.push(Sum { whole, parts });
    }

    /// Adds a sum that is told.
    fn headline(&mut self, parts: Vec<usize>) -> usize {
        let count = parts.iter().map(|at| self.cells[*at].count).sum();
        let whole = self.put(count, Fate::Told);
        self.sum(whole, parts);
        whole
    }

    fn shown(&self, cells: &[usize]) -> Vec<Option<u64>> {
        let cells = cells.iter().map(|at| self.cells[*at]);
        cells.map(|it| it.is_shown().then_some(it.count)).collect()
    }

    /// Hides until nothing that must not be told follows. Whether that could be reached.
    fn protect(&mut self) -> bool {
        let mut is_safe = true;
        let mut given_up = vec![false; self.cells.len()];
        while let Some(cell) = self.told(&given_up) {
            let next = self.next(cell);
            is_safe &= !next.is_empty();
            given_up[cell] = next.is_empty();
            for at in next {
                self.cells[at].fate = Fate::Hidden;
            }
        }
        is_safe
    }

    /// The first count that is told though it must not be.
    fn told(&self, but: &[bool]) -> Option<usize> {
        let (plain, versed) = (self.bounds(false), self.bounds(true));
        (0..self.cells.len()).find(|at| {
            let (cell, plain) = (self.cells[*at], plain[*at]);
            let is_wide = match is_few(cell.count) {
                true => plain.low <= 1 && plain.high.is_none_or(|it| it >= SMALLEST - 1),
                false => plain.high != Some(plain.low),
            };
            let is_open = versed[*at].high != Some(versed[*at].low);
            cell.is_kept && !but[*at] && !(is_wide && is_open)
        })
    }

    /// What is hidden next to a count: of those that can tell it the nearest, parts before
    /// sums, counts before zeros, the smallest first, and all that are as small, since which
    /// of them was taken would tell of the others.
    fn next(&self, cell: usize) -> Vec<usize> {
        let (mut seen, mut edge) = (vec![false; self.cells.len()], vec![cell]);
        seen[cell] = true;
        while !edge.is_empty() {
            let mut found = Vec::new();
            let mut behind = Vec::new();
            for sum in &self.sums {
                if !edge.iter().any(|at| sum.has(*at)) {
                    continue;
                }
                for at in sum.cells().filter(|at| !seen[*at]) {
                    match self.cells[at].fate {
                        Fate::Open => {
                            found.push((sum.whole == at, self.cells[at].count, at));
                        }
                        Fate::Hidden | Fate::Silent => behind.push(at),
                        Fate::Told => {}
                    }
                }
            }
            let rank = |it: &(bool, u64, usize)| (it.0, it.1 == 0, it.1);
            if let Some(least) = found.iter().map(rank).min() {
                let alike = found.iter().filter(|it| rank(it) == least);
                return alike.map(|it| it.2).collect();
            }
            for at in &behind {
                seen[*at] = true;
            }
            edge = behind;
        }
        Vec::new()
    }

    /// Between what each count lies, for somebody who sees the page: whoever is versed in how
    /// it is made knows which are few as well.
    fn bounds(&self, is_versed: bool) -> Vec<Bounds> {
        let hides_nobody = self
            .cells
            .iter()
            .any(|it| it.fate == Fate::Hidden && it.count == 0);
        let least = u64::from(!hides_nobody);
        let of = |it: &Cell| match (it.is_shown(), it.fate) {
            (true, _) => (it.count, Some(it.count)),
            (false, Fate::Hidden) if is_versed && it.count < SMALLEST => {
                (least, Some(SMALLEST - 1))
            }
            (false, Fate::Hidden) if is_versed => (SMALLEST, None),
            (false, _) => (0, None),
        };
        let of = |it: &Cell| {
            let (low, high) = of(it);
            Bounds { low, high }
        };
        let mut bounds: Vec<Bounds> = self.cells.iter().map(of).collect();
        for _ in 0..ROUNDS {
            let before = bounds.clone();
            for sum in &self.sums {
                narrow(&mut bounds, sum);
            }
            if bounds == before {
                break;
            }
        }
        bounds
    }
}

/// What a sum says of those that are in it.
fn narrow(bounds: &mut [Bounds], sum: &Sum) {
    let low: u64 = sum.parts.iter().map(|at| bounds[*at].low).sum();
    let highs = sum.parts.iter().map(|at| bounds[*at].high);
    let high: Option<u64> = highs.sum();
    let whole = &mut bounds[sum.whole];
    whole.low = whole.low.max(low);
    whole.high = least(whole.high, high);
    let whole = *whole;
    for at in &sum.parts {
        let others = sum.parts.iter().filter(|it| *it != at);
        let low: u64 = others.clone().map(|it| bounds[*it].low).sum();
        let high: Option<u64> = others.map(|it| bounds[*it].high).sum();
        let part = &mut bounds[*at];
        part.high = least(part.high, whole.high.map(|it| it.saturating_sub(low)));
        if let Some(high) = high {
            part.low = part.low.max(whole.low.saturating_sub(high));
        }
    }
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Counts below a headline that is their sum, as they may be shown.
#[must_use]
pub fn below(counts: &[u64]) -> Vec<Option<u64>> {
    let mut page = Page::default();
    let cells = page.all(counts.iter().copied(), Fate::Open);
    page.headline(cells.clone());
    page.protect();
    page.shown(&cells)
}

/// Counts of places, and of some in each, as they may be shown: whoever of a place is not of
/// those follows from both. Both sums are headlines.
#[must_use]
pub fn by_place(counts: &[(u64, u64)]) -> Vec<(Option<u64>, Option<u64>)> {
    let mut page = Page::default();
    let all = page.all(counts.iter().map(|it| it.0), Fate::Open);
    let some = page.all(counts.iter().map(|it| it.1), Fate::Open);
    let rest = counts.iter().map(|it| it.0.saturating_sub(it.1));
    let rest = page.all(rest, Fate::Silent);
    for at in 0..counts.len() {
        page.sum(all[at], vec![some[at], rest[at]]);
    }
    for parts in [&all, &some, &rest] {
        page.headline(parts.clone());
    }
    page.protect();
    let (all, some) = (page.shown(&all), page.shown(&some));
    all.into_iter().zip(some).collect()
}

/// Counts of groups below a headline as they may be shown, and whether the sum of each group
/// may be told, too: it is where nothing follows from it.
#[must_use]
pub fn grouped(groups: &[&[u64]]) -> (Vec<Option<u64>>, bool) {
    let mut page = Page::default();
    let (mut cells, mut sums) = (Vec::new(), Vec::new());
    for counts in groups {
        let parts = page.all(counts.iter().copied(), Fate::Open);
        sums.push(page.headline(parts.clone()));
        cells.extend(parts);
    }
    page.headline(sums.clone());
    let are_many = sums.iter().all(|at| !is_few(page.cells[*at].count));
    if are_many && page.protect() {
        return (page.shown(&cells), true);
    }
    (below(&groups.concat()), false)
}

/// Two counts of one place, of which their sum is told elsewhere, as they may be shown, and
/// whether that sum may be.
#[must_use]
pub fn pair(one: u64, other: u64) -> (Option<(u64, u64)>, bool) {
    let mut page = Page::default();
    let parts = page.all([one, other], Fate::Open);
    let whole = page.put(one + other, Fate::Open);
    page.sum(whole, parts.clone());
    page.protect();
    let shown = page.shown(&[parts[0], parts[1], whole]);
    (shown[0].zip(shown[1]), shown[2].is_some())
}

/// Which of some counts below a headline are shown, where some must not be told whatever they
/// are.
#[must_use]
pub fn without(counts: &[(u64, bool)]) -> Vec<bool> {
    let mut page = Page::default();
    for (count, is_kept) in counts {
        page.cells.push(Cell {
            count: *count,
            fate: if *is_kept { Fate::Hidden } else { Fate::Open },
            is_kept: *is_kept,
        });
    }
    page.headline((0..counts.len()).collect());
    page.protect();
    page.cells[..counts.len()]
        .iter()
        .map(|it| it.is_shown())
        .collect()
}
