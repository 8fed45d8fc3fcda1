//! Who gets what, and when.
//!
//! Places (the centre, a portal) see each other's sites by public addresses only; a
//! site is led to one of them at a time. An address that no site has any more leads
//! nowhere, so what was said to the old one after a change is lost; what a site has
//! on its line meanwhile comes out under the new one.

use std::net::Ipv4Addr;

use serde_json::{Map, Value as Json, json};

use super::ipv4::{End, address, readdress};
use super::lane::{Instant, Lane};
use super::order::{Order, Way};

/// A device: the places first, then the sites, in the order in which they were named.
pub type Device = usize;

#[derive(Debug)]
struct Site {
    name: String,
    /// As the world sees it.
    public: Ipv4Addr,
    /// As it calls itself: as in the last packet that came from it.
    own: Option<Ipv4Addr>,
    /// Which place answers it.
    toward: Device,
    up: Lane,
    down: Lane,
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// There is no site of that name.
    #[error("there is no site {0}")]
    Site(String),
    /// There is no place of that name.
    #[error("there is no place {0}")]
    Place(String),
    /// Another site has that address.
    #[error("{0} is another site's")]
    Taken(Ipv4Addr),
}

/// The middle of the network.
#[derive(Debug)]
pub struct Hub {
    places: Vec<String>,
    sites: Vec<Site>,
    /// Packets for nobody.
    stray: u64,
}

impl Hub {
    /// A network in which every site is led to the first place, over perfect lines.
    #[must_use]
    pub fn new(places: Vec<String>, sites: Vec<(String, Ipv4Addr)>, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let sites = sites.into_iter().map(|(name, public)| Site {
            name,
            public,
            own: None,
            toward: 0,
            up: Lane::new(rng.u64(..)),
            down: Lane::new(rng.u64(..)),
        });
        Self {
            sites: sites.collect(),
            places,
            stray: 0,
        }
    }

    /// A packet has come from a device.
    pub fn take(&mut self, from: Device, mut packet: Vec<u8>, now: Instant) {
        let ends = address(&packet, End::Source).zip(address(&packet, End::Destination));
        // What is not IPv4 is the neighbour discovery of idle kernels.
        let Some((source, destination)) = ends else {
            return;
        };
        match from.checked_sub(self.places.len()) {
            Some(at) => {
                let Some(site) = self.sites.get_mut(at) else {
                    return;
                };
                site.own = Some(source);
                site.up.push(packet, now);
            }
            None => {
                let mut sites = self.sites.iter_mut();
                let found = sites.find(|site| site.public == destination && site.toward == from);
                match found.and_then(|site| site.own.map(|own| (site, own))) {
                    Some((site, own)) => {
                        readdress(&mut packet, End::Destination, own);
                        site.down.push(packet, now);
                    }
                    None => self.stray += 1,
                }
            }
        }
    }

    /// The next packet that is due by now, and for whom.
    pub fn due(&mut self, now: Instant) -> Option<(Device, Vec<u8>)> {
        let places = self.places.len();
        self.sites.iter_mut().enumerate().find_map(|(at, site)| {
            let down = site.down.pop(now).map(|packet| (places + at, packet));
            down.or_else(|| {
                // Addresses are changed where the line ends, as providers do.
                let mut packet = site.up.pop(now)?;
                readdress(&mut packet, End::Source, site.public);
                Some((site.toward, packet))
            })
        })
    }

    /// When the next packet is due.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let lanes = self.sites.iter().flat_map(|site| [&site.up, &site.down]);
        lanes.filter_map(Lane::next).min()
    }

    /// Changes something; what there is to say about it.
    ///
    /// # Errors
    /// If it speaks of somebody who is not here.
    pub fn obey(&mut self, order: Order) -> Result<Json, HubError> {
        match order {
            Order::Shape { site, way, changes } => {
                let site = self.site(&site)?;
                let lanes: &mut [&mut Lane] = match way {
                    Way::Up => &mut [&mut site.up],
                    Way::Down => &mut [&mut site.down],
                    Way::Both => &mut [&mut site.up, &mut site.down],
                };
                for lane in lanes {
                    for change in &changes {
                        change.apply(&mut lane.shape);
                    }
                }
            }
            Order::Rebind { site, public } => {
                let taken = |other: &Site| other.public == public && other.name != site;
                if self.sites.iter().any(taken) {
                    return Err(HubError::Taken(public));
                }
                self.site(&site)?.public = public;
            }
            Order::Toward { site, place } => {
                let mut names = self.places.iter();
                let toward = names.position(|name| *name == place);
                let toward = toward.ok_or(HubError::Place(place))?;
                self.site(&site)?.toward = toward;
            }
            Order::Counts => return Ok(self.counts()),
        }
        Ok(json!({}))
    }

    fn counts(&self) -> Json {
        let of = |site: &Site| {
            let lanes =
                json!({ "up": site.up.counts.to_json(), "down": site.down.counts.to_json() });
            (site.name.clone(), lanes)
        };
        let sites: Map<_, _> = self.sites.iter().map(of).collect();
        json!({ "sites": sites, "stray": self.stray })
    }

    fn site(&mut self, name: &str) -> Result<&mut Site, HubError> {
        let mut sites = self.sites.iter_mut();
        let found = sites.find(|site| site.name == name);
        found.ok_or_else(|| HubError::Site(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ipv4::tests::tcp;
    use super::*;

    const CENTRE: Ipv4Addr = Ipv4Addr::new(10, 62, 0, 1);
    const OWN: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 2);
    const PUBLIC: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 64, 0, 1), Ipv4Addr::new(100, 64, 0, 2)];

    fn hub() -> Hub {
        Hub::new(
            vec!["pusat".to_owned(), "gerbang".to_owned()],
            vec![("desa".to_owned(), PUBLIC[0])],
            1,
        )
    }

    fn ends(packet: &[u8]) -> (Option<Ipv4Addr>, Option<Ipv4Addr>) {
        (
            address(packet, End::Source),
            address(packet, End::Destination),
        )
    }

    fn order(hub: &mut Hub, line: &str) -> Result<Json, HubError> {
        hub.obey(line.parse().expect(line))
    }

    #[test]
    fn the_world_sees_a_site_by_its_public_address_and_answers_there() {
        let mut hub = hub();
        hub.take(2, tcp(OWN, CENTRE, b"halo"), 0);
        let (device, packet) = hub.due(0).expect("it comes");
        assert_eq!(
            (device, ends(&packet)),
            (0, (Some(PUBLIC[0]), Some(CENTRE)))
        );
        hub.take(0, tcp(CENTRE, PUBLIC[0], b"ya"), 0);
        let (device, packet) = hub.due(0).expect("it comes");
        assert_eq!((device, ends(&packet)), (2, (Some(CENTRE), Some(OWN))));
        assert_eq!(hub.due(Instant::MAX), None);
    }

    #[test]
    fn what_is_said_to_an_old_address_or_by_a_place_it_does_not_face_is_lost() {
        let mut hub = hub();
        hub.take(2, tcp(OWN, CENTRE, b"halo"), 0);
        let _ = hub.due(0);
        order(&mut hub, "desa rebind 100.64.0.2").expect("done");
        hub.take(0, tcp(CENTRE, PUBLIC[0], b"ya"), 0);
        assert_eq!(hub.due(Instant::MAX), None);
        order(&mut hub, "desa toward gerbang").expect("done");
        hub.take(0, tcp(CENTRE, PUBLIC[1], b"ya"), 0);
        assert_eq!(hub.due(Instant::MAX), None);
        hub.take(1, tcp(CENTRE, PUBLIC[1], b"ya"), 0);
        assert!(hub.due(0).is_some());
        let counts = order(&mut hub, "counts").expect("counts");
        assert_eq!(counts["stray"], 2);
        assert_eq!(counts["sites"]["desa"]["up"]["through"], 1);
    }

    #[test]
    fn what_is_on_the_line_when_the_address_changes_comes_from_the_new_one() {
        let mut hub = hub();
        order(&mut hub, "desa up delay=5").expect("done");
        hub.take(2, tcp(OWN, CENTRE, b"halo"), 0);
        order(&mut hub, "desa rebind 100.64.0.2").expect("done");
        assert_eq!(hub.due(4_999), None);
        let (_, packet) = hub.due(5_000).expect("it comes");
        assert_eq!(ends(&packet), (Some(PUBLIC[1]), Some(CENTRE)));
    }

    #[test]
    fn one_way_is_cut_and_the_other_is_not() {
        let mut hub = hub();
        order(&mut hub, "desa up cut").expect("done");
        hub.take(2, tcp(OWN, CENTRE, b"halo"), 0);
        assert_eq!(hub.due(Instant::MAX), None);
        hub.take(0, tcp(CENTRE, PUBLIC[0], b"ya"), 0);
        assert!(hub.due(0).is_some());
        let unknown = HubError::Site("kota".to_owned());
        assert_eq!(order(&mut hub, "kota up cut"), Err(unknown));
    }
}
