//! Where a request ends, and what it says (RFC 2326 §4, §6, §10.12).
//!
//! Read here and not by a library: what comes has to be bounded before it is read, and two
//! readers that do not agree where a request ends are a way in. Of the headers the house
//! looks at six; the others are passed over.
//!
//! Bounds: [`HEAD_MAX`] octets to the empty line, [`LINES_MAX`] lines, [`BODY_MAX`] octets of
//! body. Policy: what is more is refused, and its connection ends.

/// The longest head of a request, its empty line included, in octets.
pub const HEAD_MAX: usize = 8 * 1024;

/// The most lines of a head.
pub const LINES_MAX: usize = 64;

/// The longest body, in octets. Nobody has more to say than a name of a parameter.
pub const BODY_MAX: usize = 4 * 1024;

/// What a connection has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Not enough to say.
    More,
    /// So many octets are no request: a packet of RTCP inside the connection, or an empty line.
    Passed(usize),
    /// A request, and how many octets it has taken.
    Request(Box<Request>, usize),
    /// Nothing that can be read, or more than is read. The connection ends.
    Refused,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// What can be asked.
    Options,
    /// What a stream is made of.
    Describe,
    /// By which way a part of it shall come.
    Setup,
    /// That it comes.
    Play,
    /// That it ends.
    Teardown,
    /// Nothing, mostly: that somebody is there.
    GetParameter,
    /// The same.
    SetParameter,
    /// What this house does not do.
    Other,
}

/// A request, as far as the house looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// The word for it, as it was written: a proof holds it.
    pub word: String,
    /// Of what: an address, or `*`.
    pub url: String,
    /// `CSeq`: what its answer repeats; digits alone.
    pub number: String,
    /// `Authorization`.
    pub proof: Option<String>,
    /// `Transport`.
    pub transport: Option<String>,
    /// `Session`, without its parameters.
    pub session: Option<String>,
    /// `Require`: what whoever asks cannot do without.
    pub require: Option<String>,
    /// Octets of body, which nobody reads.
    pub body: usize,
}

/// What stands at the beginning of these octets.
#[must_use]
pub fn next(octets: &[u8]) -> Piece {
    match octets {
        [] => Piece::More,
        // Inside the connection: `$`, a channel, a length in two octets (RFC 2326 §10.12).
        [b'$', rest @ ..] => match rest {
            [_, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if rest.len() < length {
                    Piece::More
                } else {
                    Piece::Passed(4 + length)
                }
            }
            _ => Piece::More,
        },
        [b'\r', b'\n', ..] => Piece::Passed(2),
        [b'\r'] => Piece::More,
        _ => asked(octets),
    }
}

fn asked(octets: &[u8]) -> Piece {
    let window = &octets[..octets.len().min(HEAD_MAX)];
    let end = window.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        // A head that is no text will never be one.
        let is_text = window.iter().all(|octet| is_text(*octet));
        return if octets.len() < HEAD_MAX && is_text {
            Piece::More
        } else {
            Piece::Refused
        };
    };
    let Some(request) = head(&window[..end]) else {
        return Piece::Refused;
    };
    let taken = end + 4 + request.body;
    if octets.len() < taken {
        return Piece::More;
    }
    Piece::Request(Box::new(request), taken)
}

const fn is_text(octet: u8) -> bool {
    matches!(octet, b'\r' | b'\n' | b'\t' | b' '..=b'~')
}

fn head(octets: &[u8]) -> Option<Request> {
    if !octets.iter().all(|octet| is_text(*octet)) {
        return None;
    }
    let text = str::from_utf8(octets).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (word, url, version) = (first.next()?, first.next()?, first.next()?);
    if first.next().is_some()
        || !version.starts_with("RTSP/1.")
        || word.is_empty()
        || url.is_empty()
    {
        return None;
    }
    let mut request = Request {
        method: method(word),
        word: word.to_owned(),
        url: url.to_owned(),
        number: String::new(),
        proof: None,
        transport: None,
        session: None,
        require: None,
        body: 0,
    };
    let mut has_length = false;
    for (count, line) in lines.enumerate() {
        // A line that goes on is of a time before this protocol, and nobody writes one.
        let (name, value) = line.split_once(':')?;
        let is_name = !name.is_empty() && !name.contains([' ', '\t', '\r', '\n']);
        if count + 1 >= LINES_MAX || !is_name || value.contains(['\r', '\n']) {
            return None;
        }
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "cseq" => {
                let digits = value.bytes().all(|octet| octet.is_ascii_digit());
                if !digits || value.is_empty() || value.len() > 10 || !request.number.is_empty() {
                    return None;
                }
                value.clone_into(&mut request.number);
            }
            // Two lengths are two ends.
            "content-length" => {
                let length = value.parse::<usize>().ok()?;
                if length > BODY_MAX || has_length {
                    return None;
                }
                (request.body, has_length) = (length, true);
            }
            "authorization" => request.proof = Some(value.to_owned()),
            "transport" => request.transport = Some(value.to_owned()),
            "require" => request.require = Some(value.to_owned()),
            "session" => {
                let id = value.split(';').next().unwrap_or_default().trim();
                request.session = Some(id.to_owned());
            }
            _ => {}
        }
    }
    Some(request)
}

fn method(word: &str) -> Method {
    match word {
        "OPTIONS" => Method::Options,
        "DESCRIBE" => Method::Describe,
        "SETUP" => Method::Setup,
        "PLAY" => Method::Play,
        "TEARDOWN" => Method::Teardown,
        "GET_PARAMETER" => Method::GetParameter,
        "SET_PARAMETER" => Method::SetParameter,
        _ => Method::Other,
    }
}

/// An answer (RFC 2326 §7), with its number and its length.
#[must_use]
pub fn answer(status: Status, number: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let (code, reason) = status.line();
    let mut text = format!("RTSP/1.0 {code} {reason}\r\n");
    if !number.is_empty() {
        text.push_str(&format!("CSeq: {number}\r\n"));
    }
    text.push_str("Server: betang\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// How an answer begins (RFC 2326 §7.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// As it was asked.
    Ok,
    /// It cannot be understood.
    BadRequest,
    /// Whoever asks has to show that he may.
    Unauthorized,
    /// There is no such camera for him.
    NotFound,
    /// He knows nothing of this parameter.
    NotUnderstood,
    /// All seats are taken.
    NotEnoughBandwidth,
    /// There is no such session.
    NoSession,
    /// Not now: nothing was set up.
    NotNow,
    /// By no such way.
    NoTransport,
    /// Nothing of that name is done here.
    NotImplemented,
    /// The camera gives no picture now.
    Unavailable,
    /// An extension that is not known.
    NoOption,
}

impl Status {
    const fn line(self) -> (u16, &'static str) {
        match self {
            Self::Ok => (200, "OK"),
            Self::BadRequest => (400, "Bad Request"),
            Self::Unauthorized => (401, "Unauthorized"),
            Self::NotFound => (404, "Not Found"),
            Self::NotUnderstood => (451, "Parameter Not Understood"),
            Self::NotEnoughBandwidth => (453, "Not Enough Bandwidth"),
            Self::NoSession => (454, "Session Not Found"),
            Self::NotNow => (455, "Method Not Valid in This State"),
            Self::NoTransport => (461, "Unsupported Transport"),
            Self::NotImplemented => (501, "Not Implemented"),
            Self::Unavailable => (503, "Service Unavailable"),
            Self::NoOption => (551, "Option not supported"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETUP: &[u8] = b"SETUP rtsp://pusat/loket/main/track1 RTSP/1.0\r\nCSeq: 3\r\n\
        transport:  RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: a1 ; timeout=60\r\n\
        User-Agent: x\r\n\r\n";

    fn request(octets: &[u8]) -> (Request, usize) {
        match next(octets) {
            Piece::Request(request, taken) => (*request, taken),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_request_is_read_to_its_end_and_no_further() {
        let two = [
            SETUP,
            b"\r\n$\x01\x00\x02abOPTIONS * RTSP/1.0\r\nCSeq: 4\r\n\r\n",
        ]
        .concat();
        let (first, taken) = request(&two);
        assert_eq!((first.method, taken), (Method::Setup, SETUP.len()));
        assert_eq!(first.session.as_deref(), Some("a1"));
        assert_eq!(
            first.transport.as_deref(),
            Some("RTP/AVP/TCP;unicast;interleaved=0-1")
        );
        let rest = &two[taken..];
        assert_eq!(next(rest), Piece::Passed(2));
        assert_eq!(next(&rest[2..]), Piece::Passed(6));
        let (options, _) = request(&rest[8..]);
        assert_eq!(
            (options.method, options.url.as_str()),
            (Method::Options, "*")
        );
    }

    #[test]
    fn what_is_not_whole_is_waited_for() {
        for cut in 0..SETUP.len() {
            assert_eq!(next(&SETUP[..cut]), Piece::More, "{cut}");
        }
        let body = b"GET_PARAMETER rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nab";
        assert_eq!(next(body), Piece::More);
        assert_eq!(request(&[&body[..], b"c"].concat()).1, body.len() + 1);
    }

    #[test]
    fn what_is_too_much_or_makes_no_sense_is_refused() {
        let long = format!("OPTIONS {} RTSP/1.0\r\n", "a".repeat(HEAD_MAX));
        let many = format!("OPTIONS * RTSP/1.0\r\n{}\r\n", "A: b\r\n".repeat(LINES_MAX));
        for wrong in [
            long.as_bytes(),
            many.as_bytes(),
            b"\x16\x03\x01\x02\x00",
            b"GET / HTTP/1.1\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nContent-Length: 4097\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nCSeq: 1\nX: 2\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nCSeq : 1\r\n\r\n",
            b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n folded: 2\r\n\r\n",
            b"OPTIONS  * RTSP/1.0\r\n\r\n",
            b"OPTIONS * RTSP/2.0\r\n\r\n",
        ] {
            assert_eq!(
                next(wrong),
                Piece::Refused,
                "{}",
                String::from_utf8_lossy(wrong)
            );
        }
    }

    proptest! {
        /// Whatever comes, in whatever pieces: it is taken as a whole or not, never twice.
        #[test]
        fn no_octets_panic_and_no_more_is_taken_than_there_is(
            octets in prop::collection::vec(any::<u8>(), 0..300),
            tail in "[A-Z]{1,9} [ -~]{0,20} RTSP/1.0\r\n([A-Za-z-]{1,12}: [ -~]{0,20}\r\n){0,4}\r\n",
        ) {
            for octets in [&octets, tail.as_bytes()] {
                match next(octets) {
                    Piece::Passed(taken) | Piece::Request(_, taken) => {
                        prop_assert!(taken > 0 && taken <= octets.len());
                        // What is there already is not read otherwise when more has come.
                        let more = [octets, b"more"].concat();
                        prop_assert_eq!(next(&more), next(octets));
                    }
                    Piece::More => prop_assert!(octets.len() < HEAD_MAX + BODY_MAX),
                    Piece::Refused => {}
                }
            }
        }
    }
}
