//! One socket of ICMP for each family, and what goes through it.
//!
//! Batches go out by `sendmmsg` and come in by `recvmmsg`. What routers refuse comes to a
//! datagram socket by its queue of errors (ip(7), `IP_RECVERR`), to a raw one as a packet.

use std::io::{IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg, recvmsg, setsockopt,
    sockopt,
};
use reach_core::echo::{self, Family, Quoted, READ_MAX, Refusal, Said};
use reach_core::probe::Question;
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg as _;
use rustix::net::sockopt as options;
use rustix::net::{
    AddressFamily, MMsgHdr, SendAncillaryBuffer, SendFlags, SocketFlags, SocketType, ipproto,
    sendmmsg, socket_with,
};

use super::permission::Lack;

/// Packets of a system call.
pub(super) const BATCH: usize = 128;

/// What the kernel keeps of answers until they are read, in octets. Without the right to
/// go beyond `net.core.rmem_max` it is less.
const BUFFER: usize = 4 * 1024 * 1024;

/// Room for what the kernel says about one error.
const CONTROL: usize = 256;

/// An error that came from a router (linux/errqueue.h: ICMP, ICMP6).
const FROM_ROUTERS: [u8; 2] = [2, 3];

/// By which kind of socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Of datagrams: the kernel sees to whose answer it is.
    Datagram,
    /// Raw: everything of ICMP that comes to this machine comes here too.
    Raw,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum Closed {
    /// This process may not.
    #[error(transparent)]
    Lack(#[from] Lack),
    /// This machine has no such family, or something else.
    #[error("no socket of ICMP: {0}")]
    System(#[from] std::io::Error),
}

/// A socket.
#[derive(Debug)]
pub(super) struct Socket {
    fd: OwnedFd,
    family: Family,
    way: Way,
    /// What questions of a raw one carry; the kernel sets that of the others.
    identifier: u16,
}

impl Socket {
    /// Of datagrams, or raw where only that is allowed.
    pub(super) fn open(family: Family, identifier: u16) -> Result<Self, Closed> {
        let (domain, protocol) = match family {
            Family::V4 => (AddressFamily::INET, ipproto::ICMP),
            Family::V6 => (AddressFamily::INET6, ipproto::ICMPV6),
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let open = |kind| socket_with(domain, kind, flags, Some(protocol));
        let (fd, way) = match open(SocketType::DGRAM) {
            Ok(fd) => (fd, Way::Datagram),
            Err(Errno::ACCESS | Errno::PERM) => match open(SocketType::RAW) {
                Ok(fd) => (fd, Way::Raw),
                Err(Errno::ACCESS | Errno::PERM) => return Err(Lack::found(family).into()),
                Err(error) => return Err(Closed::System(error.into())),
            },
            Err(error) => return Err(Closed::System(error.into())),
        };
        if options::set_socket_recv_buffer_size_force(&fd, BUFFER).is_err() {
            options::set_socket_recv_buffer_size(&fd, BUFFER).map_err(std::io::Error::from)?;
        }
        if way == Way::Datagram {
            match family {
                Family::V4 => setsockopt(&fd, sockopt::Ipv4RecvErr, &true),
                Family::V6 => setsockopt(&fd, sockopt::Ipv6RecvErr, &true),
            }
            .map_err(std::io::Error::from)?;
        }
        Ok(Self {
            fd,
            family,
            way,
            identifier,
        })
    }

    pub(super) const fn way(&self) -> Way {
        self.way
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Sends what it can of the beginning; how many.
    pub(super) fn send(&self, questions: &[Question]) -> Result<usize, Errno> {
        let one = |it: &Question| {
            let octets = echo::question(self.family, self.identifier, it.sequence, it.nonce);
            (octets, SocketAddr::new(it.to, 0).as_any())
        };
        let parts: Vec<_> = questions.iter().take(BATCH).map(one).collect();
        let slices: Vec<_> = parts.iter().map(|(it, _)| [IoSlice::new(it)]).collect();
        let mut controls: Vec<_> = parts
            .iter()
            .map(|_| SendAncillaryBuffer::default())
            .collect();
        let mut messages: Vec<_> = parts
            .iter()
            .zip(&slices)
            .zip(&mut controls)
            .map(|(((_, to), slice), control)| MMsgHdr::new_with_addr(to, slice, control))
            .collect();
        sendmmsg(&self.fd, &mut messages, SendFlags::empty())
    }

    /// Tells everything that has come.
    pub(super) fn read(
        &self,
        inbox: &mut Inbox,
        mut told: impl FnMut(Told),
    ) -> std::io::Result<()> {
        loop {
            match self.read_batch(inbox, &mut told) {
                Ok(BATCH) => {}
                Ok(_) => return self.errors(inbox, &mut told),
                // Nothing is there, or what is said here of an error that waits.
                Err(Errno::AGAIN) => return self.errors(inbox, &mut told),
                Err(Errno::INTR) => {}
                Err(
                    Errno::CONNREFUSED
                    | Errno::HOSTUNREACH
                    | Errno::NETUNREACH
                    | Errno::NOPROTOOPT
                    | Errno::PROTO
                    | Errno::ACCESS
                    | Errno::MSGSIZE
                    | Errno::HOSTDOWN,
                ) => self.errors(inbox, &mut told)?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn read_batch(&self, inbox: &mut Inbox, told: &mut impl FnMut(Told)) -> Result<usize, Errno> {
        let mut slices: Vec<_> = inbox
            .buffers
            .iter_mut()
            .map(|it| [IoSliceMut::new(it)])
            .collect();
        let messages = recvmmsg(
            self.fd.as_raw_fd(),
            &mut inbox.headers,
            slices.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        )
        .map_err(|error| Errno::from_raw_os_error(error as i32))?;
        let mut count = 0;
        for message in messages {
            count += 1;
            let Some(from) = message.address.as_ref().and_then(ip) else {
                continue;
            };
            let octets = message.iovs().next().unwrap_or_default();
            let octets = match (self.way, self.family) {
                (Way::Raw, Family::V4) => echo::without_header(octets),
                _ => Some(octets),
            };
            let said = octets.map_or(Said::Other, |it| echo::read(self.family, it));
            let whose = |identifier| self.way == Way::Datagram || identifier == self.identifier;
            match said {
                Said::Answer {
                    identifier,
                    sequence,
                    nonce,
                } if whose(identifier) => told(Told::Answer {
                    from,
                    sequence,
                    nonce,
                }),
                Said::Refused { to, question, why } if whose(question.identifier) => {
                    told(Told::Refused { to, question, why });
                }
                _ => {}
            }
        }
        Ok(count)
    }

    /// What routers have said to a datagram socket.
    fn errors(&self, inbox: &mut Inbox, told: &mut impl FnMut(Told)) -> std::io::Result<()> {
        if self.way == Way::Raw {
            return Ok(());
        }
        let mut buffer = [0; READ_MAX];
        loop {
            let mut slices = [IoSliceMut::new(&mut buffer)];
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let fd = self.fd.as_raw_fd();
            let control = Some(&mut inbox.control[..]);
            let message = match recvmsg::<SockaddrStorage>(fd, &mut slices, control, flags) {
                Ok(message) => message,
                Err(nix::errno::Errno::EAGAIN) => return Ok(()),
                Err(nix::errno::Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let to = message.address.as_ref().and_then(ip);
            let error = message.cmsgs().ok().and_then(|mut all| {
                all.find_map(|it| match it {
                    ControlMessageOwned::Ipv4RecvErr(error, _)
                    | ControlMessageOwned::Ipv6RecvErr(error, _) => Some(error),
                    _ => None,
                })
            });
            let octets = message.iovs().next().unwrap_or_default();
            if let (Some(to), Some(error)) = (to, error)
                && FROM_ROUTERS.contains(&error.ee_origin)
                && let Some(why) = Refusal::of(self.family, error.ee_type, error.ee_code)
                && let Some(question) = echo::quoted(self.family, octets)
            {
                told(Told::Refused { to, question, why });
            }
        }
    }

    /// How many answers the kernel has thrown away because nobody had read those before,
    /// as /proc/net tells.
    pub(super) fn dropped(&self) -> std::io::Result<u64> {
        let file = match (self.way, self.family) {
            (Way::Datagram, Family::V4) => "/proc/net/icmp",
            (Way::Datagram, Family::V6) => "/proc/net/icmp6",
            (Way::Raw, Family::V4) => "/proc/net/raw",
            (Way::Raw, Family::V6) => "/proc/net/raw6",
        };
        let inode = rustix::fs::fstat(&self.fd)?.st_ino.to_string();
        Ok(drops(&std::fs::read_to_string(file)?, &inode))
    }
}

/// The last column of the row whose tenth is that inode (net/ipv4/ping.c).
fn drops(table: &str, inode: &str) -> u64 {
    let row = table
        .lines()
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        .find(|row| row.get(9) == Some(&inode));
    row.and_then(|row| row.last()?.parse().ok()).unwrap_or(0)
}

/// What has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told {
    /// An answer.
    Answer {
        from: IpAddr,
        sequence: u16,
        nonce: u64,
    },
    /// A refusal on the way.
    Refused {
        to: IpAddr,
        question: Quoted,
        why: Refusal,
    },
}

/// Where a batch that comes is put. Each socket has its own: room for addresses is as
/// long from the first batch on as those in it were, and shorter than one of IPv6 where
/// these were of IPv4.
pub(super) struct Inbox {
    headers: MultiHeaders<SockaddrStorage>,
    buffers: Vec<[u8; READ_MAX]>,
    control: [u8; CONTROL],
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; READ_MAX]; BATCH],
            control: [0; CONTROL],
        }
    }
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let four = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
    four.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_of_the_socket_itself() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            \x20  22: 00000000:0016 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 8123 2 0000000000000000 17\n\
            \x20  23: 00000000:0017 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 8124 2 0000000000000000 3\n";
        assert_eq!(drops(table, "8124"), 3);
        assert_eq!(drops(table, "1"), 0);
    }
}
