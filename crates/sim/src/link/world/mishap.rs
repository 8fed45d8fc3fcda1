//! What goes wrong, done to the world.

use std::collections::BTreeSet;

use super::{Event, Instant, Mishap, SECOND, World};
use crate::link::disk::Disk;
use crate::link::plan::Ways;

impl World {
    pub(super) fn mishap(&mut self, mishap: Mishap) {
        match mishap {
            Mishap::Cut(at, ways, long) => {
                let until = self.now + long;
                let (up, down) = &mut self.cut[at];
                if ways != Ways::Down {
                    *up = until.max(*up);
                }
                if ways != Ways::Up {
                    *down = until.max(*down);
                }
            }
            Mishap::Rebind(at) => {
                if let Some(it) = self.of[at].and_then(|conn| self.conns.get_mut(&conn)) {
                    it.hole = true;
                }
            }
            Mishap::Kill(at) => self.kill(at),
            Mishap::Power(at, long) => self.power(at, long),
            Mishap::PowerAt(at, after) => self.stations[at].power_at = Some(after),
            Mishap::Wipe(at) => {
                self.power(at, 600 * SECOND);
                let station = &mut self.stations[at];
                station.disk = Disk::new(station.agent, sync::identity::Epoch::mint(&mut self.rng));
                self.oracle.other_card(at, std::iter::empty());
            }
            Mishap::Image(at) => self.stations[at].copy = Some(self.stations[at].disk.image()),
            Mishap::Restore(at) => {
                if let Some(copy) = self.stations[at].copy.clone() {
                    self.power(at, 600 * SECOND);
                    let left: BTreeSet<_> = copy.rows().map(|row| row.record.clone()).collect();
                    self.stations[at].disk = Disk::restored(copy);
                    self.oracle.other_card(at, left.iter().map(Vec::as_slice));
                }
            }
            Mishap::Clone(at) => {
                if let Some(copy) = self.stations[at].copy.clone() {
                    let twin = self.stations.len();
                    self.found(self.stations[at].agent, twin);
                    self.oracle.copied(at, twin);
                    self.stations[twin].disk = Disk::restored(copy);
                    self.stations[twin].power_on(self.now);
                    self.rouse(twin);
                }
            }
            Mishap::Step(at, seconds) => self.stations[at].step(seconds),
            Mishap::Full(at, full) => self.stations[at].disk.full = full,
            Mishap::Rot(at) => {
                if let Some(row) = self.stations[at].disk.rot(&mut self.rng) {
                    self.oracle.let_go(&row.record);
                }
            }
            Mishap::Down(long) => self.centre_down(long),
            Mishap::DownAt(after) => self.centre.down_at = Some(after),
            Mishap::Backup => self.centre.backup = Some(self.centre.tables.clone()),
            Mishap::Restored => {
                if let Some(backup) = self.centre.backup.clone() {
                    self.centre_down(600 * SECOND);
                    self.centre.tables = backup;
                }
            }
            Mishap::CentreFull(full) => self.centre.full = full,
            Mishap::Allowed(at, may) => {
                let agent = self.stations[at].agent;
                if may {
                    self.centre.barred.remove(&agent);
                } else {
                    self.centre.barred.insert(agent);
                }
            }
            Mishap::Command(at) => {
                let repeatable = self.rng.bool();
                self.command(at, repeatable, 3_600 * SECOND);
            }
        }
    }

    fn kill(&mut self, at: usize) {
        if self.stations[at].site.is_none() {
            return;
        }
        // The kernel ends what the program had open.
        if let Some(conn) = self.of[at] {
            self.leave(conn, true);
        }
        self.stations[at].start(self.now);
        self.rouse(at);
    }

    pub(super) fn power(&mut self, at: usize, long: Instant) {
        if let Some(conn) = self.of[at] {
            self.leave(conn, false);
        }
        self.stations[at].power_at = None;
        self.stations[at].power_off(&mut self.oracle);
        self.at(self.now + long, Event::PowerOn(at));
    }

    pub(super) fn centre_down(&mut self, long: Instant) {
        self.centre.down();
        self.centre.down_at = None;
        let conns: Vec<_> = self.conns.keys().copied().collect();
        for conn in conns {
            let Some(it) = self.conns.get_mut(&conn) else {
                continue;
            };
            it.at_centre = false;
            let open = self.cut[it.station].1.max(self.now);
            if !it.hole {
                self.at(open + self.setting.line.delay_us, Event::EndAtSite(conn));
            }
        }
        self.at(self.now + long, Event::CentreOn);
    }
}
