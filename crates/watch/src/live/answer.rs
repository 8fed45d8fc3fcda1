//! What an answer says beyond what the library writes into it.
//!
//! The library answers each medium by itself. That sound belongs to the picture
//! beside it, that nothing is heard of the viewer, and where candidates stand when
//! the first medium is refused, is put in here.

/// One medium of a description: what stands after `m=`.
struct Section(String);

impl Section {
    fn is(&self, kind: &str) -> bool {
        self.0.split(' ').next() == Some(kind)
    }

    /// Port 0 says no to a medium (RFC 3264 §6).
    fn is_refused(&self) -> bool {
        self.0.split(' ').nth(1) == Some("0")
    }

    fn sends(&self) -> bool {
        let has = |line: &str| self.0.split("\r\n").any(|each| each == line);
        !self.is_refused() && (has("a=sendonly") || has("a=sendrecv"))
    }

    fn takes_g711(&self) -> bool {
        let text = self.0.to_ascii_lowercase();
        [" pcma/8000", " pcmu/8000"]
            .iter()
            .any(|name| text.contains(name))
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0.split("\r\n").find_map(|line| {
            line.strip_prefix("a=")?
                .strip_prefix(name)?
                .strip_prefix(':')
        })
    }
}

fn read(answer: &str) -> (&str, Vec<Section>) {
    let mut parts = answer.split("\r\nm=");
    let head = parts.next().unwrap_or_default();
    (head, parts.map(|part| Section(part.to_owned())).collect())
}

/// The identification of the first medium of that kind that an answer sends. The
/// library tells of media only once a peer is connected, which is too late to refuse
/// one.
pub(super) fn sent(answer: &str, kind: &str) -> Option<String> {
    let (_, sections) = read(answer);
    let first = sections
        .iter()
        .find(|section| section.is(kind) && section.sends())?;
    first.value("mid").map(str::to_owned)
}

/// The answer as it goes out. Sound that may not be heard, or only in a format that there
/// is none of, stays a medium that is silent both ways (RFC 3264 §6.1), since browsers
/// cannot do without the first of theirs.
pub(super) fn finished(answer: &str, audible: bool) -> String {
    let (head, mut sections) = read(answer);
    // One group of candidates serves all media, and it stands with the first of them
    // (RFC 8843 §10.3); who reads it passes over a medium that is refused.
    if sections.first().is_some_and(Section::is_refused)
        && let Some(stands) = sections.iter().position(|section| !section.is_refused())
    {
        let (of_first, rest): (Vec<_>, Vec<_>) = sections[0]
            .0
            .split("\r\n")
            .partition(|line| line.starts_with("a=candidate:"));
        let moved: String = of_first.iter().flat_map(|line| ["\r\n", *line]).collect();
        sections[0].0 = rest.join("\r\n");
        let stands = &mut sections[stands].0;
        let end = stands.strip_suffix("\r\n").map_or(stands.len(), str::len);
        stands.insert_str(end, &moved);
    }
    let stream = |section: &Section| {
        let msid = section.value("msid")?;
        msid.split(' ').next().map(str::to_owned)
    };
    let shown = sections
        .iter()
        .find(|section| section.is("video") && section.sends())
        .and_then(stream);
    let mut streams = Vec::new();
    for section in sections.iter_mut().filter(|section| section.is("audio")) {
        let sends = audible && section.sends() && section.takes_g711();
        let way = if sends {
            "\r\na=sendonly"
        } else {
            "\r\na=inactive"
        };
        for other in ["\r\na=sendrecv", "\r\na=sendonly", "\r\na=recvonly"] {
            section.0 = section.0.replace(other, way);
        }
        streams.extend(stream(section));
    }
    let mut answer = head.to_owned();
    for section in &sections {
        answer.push_str("\r\nm=");
        answer.push_str(&section.0);
    }
    // Players keep the lips with the voice within one stream (RFC 8830).
    for own in streams {
        if let Some(shown) = &shown {
            answer = answer.replace(&own, shown);
        }
    }
    answer
}

/// The answer with one candidate more for each that takes connections: the same address
/// at another port, which is tried after the first (RFC 8445 §5.1.2.1: less of the local
/// preference, which stands above eight bits). They are of one foundation, having type,
/// address and transport in common (§5.1.1.3 there).
pub(super) fn also_at(answer: &str, port: u16) -> String {
    let mut also = String::with_capacity(answer.len() + 128);
    for line in answer.split_inclusive("\r\n") {
        also.push_str(line);
        if let Some(twin) = twin(line, port) {
            also.push_str(&twin);
        }
    }
    also
}

fn twin(line: &str, port: u16) -> Option<String> {
    let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let [candidate, _, transport, priority, _, at, ..] = words.as_mut_slice() else {
        return None;
    };
    let takes = candidate.starts_with("a=candidate:")
        && transport.eq_ignore_ascii_case("tcp")
        && line.contains(" tcptype passive")
        && line.ends_with("\r\n");
    if !takes || at.parse() == Ok(port) {
        return None;
    }
    *priority = priority
        .parse::<u32>()
        .ok()?
        .saturating_sub(1 << 8)
        .to_string();
    *at = port.to_string();
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "v=0\r\na=group:BUNDLE 0 1\r\na=msid-semantic:WMS aaaa vvvv";
    const CANDIDATE: &str = "a=candidate:1 1 udp 1 127.0.0.1 9 typ host";

    fn description(media: &[&str]) -> String {
        let media: String = media.iter().map(|lines| format!("\r\nm={lines}")).collect();
        format!("{HEAD}{media}\r\n")
    }

    #[test]
    fn sound_belongs_to_the_picture_and_nothing_is_heard_of_the_viewer() {
        let answer = description(&[
            "audio 9 UDP/TLS/RTP/SAVPF 8\r\na=rtpmap:8 PCMA/8000\r\na=mid:0\r\na=sendrecv\r\na=msid:aaaa a1\r\na=ssrc:7 msid:aaaa a1",
            "video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:1\r\na=sendrecv\r\na=msid:vvvv v1",
        ]);
        assert_eq!(sent(&answer, "audio").as_deref(), Some("0"));
        assert_eq!(sent(&answer, "video").as_deref(), Some("1"));
        let (head, sections) = {
            let finished = finished(&answer, true);
            let (head, sections) = read(&finished);
            (head.to_owned(), sections)
        };
        assert!(head.ends_with("WMS vvvv vvvv"));
        assert_eq!(sections[0].value("msid"), Some("vvvv a1"));
        assert_eq!(sections[0].value("ssrc"), Some("7 msid:vvvv a1"));
        assert!(sections[0].0.contains("\r\na=sendonly"));
        assert!(sections[1].0.contains("\r\na=sendrecv"), "as it was");
    }

    #[test]
    fn sound_that_may_not_be_heard_goes_neither_way() {
        for (format, offered, heard) in [
            ("8 PCMA/8000", "sendrecv", "sendonly"),
            ("0 PCMU/8000", "sendonly", "sendonly"),
            ("111 opus/48000/2", "sendonly", "inactive"),
            ("8 PCMA/8000", "recvonly", "inactive"),
            ("8 PCMA/8000", "inactive", "inactive"),
        ] {
            let audio = format!("audio 9 RTP/SAVPF 8\r\na=rtpmap:{format}\r\na={offered}");
            let answer = description(&[&audio]);
            for (audible, expected) in [(true, heard), (false, "inactive")] {
                let finished = finished(&answer, audible);
                let expected = audio.replace(offered, expected);
                assert_eq!(
                    finished,
                    description(&[&expected]),
                    "{format} {offered} {audible}"
                );
            }
        }
    }

    #[test]
    fn candidates_stand_where_they_are_read() {
        let refused = format!("audio 0 UDP/TLS/RTP/SAVPF\r\n{CANDIDATE}\r\na=mid:0\r\na=inactive");
        let video = "video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:1\r\na=sendonly\r\na=msid:vvvv v1";
        let finished = finished(&description(&[&refused, video]), true);
        let (_, sections) = read(&finished);
        assert!(!sections[0].0.contains("a=candidate"));
        assert!(
            sections[1].0.ends_with(&format!("{CANDIDATE}\r\n")),
            "{finished}"
        );
        assert_eq!(finished.matches("a=candidate").count(), 1);
        assert_eq!(sent(&finished, "audio"), None);
        assert_eq!(sent(&finished, "video").as_deref(), Some("1"));
    }

    #[test]
    fn who_may_connect_may_also_connect_at_the_door() {
        let udp = "a=candidate:1 1 udp 2130706175 192.0.2.1 8189 typ host\r\n";
        let tcp = |port: u16, priority: u32| {
            format!("a=candidate:2 1 tcp {priority} 192.0.2.1 {port} typ host tcptype passive\r\n")
        };
        let both = format!("{udp}{}", tcp(8189, 1_671_430_143));
        let expected = format!("{both}{}a=mid:0\r\n", tcp(443, 1_671_429_887));
        assert_eq!(also_at(&format!("{both}a=mid:0\r\n"), 443), expected);
        assert_eq!(also_at(&both, 8189), both, "it is the same door");
        let odd =
            "a=candidate:2 1 tcp much 192.0.2.1 9 typ host tcptype passive\r\na=candidate:3\r\n";
        assert_eq!(also_at(odd, 443), odd);
    }

    #[test]
    fn an_answer_without_sound_stays_as_it_is() {
        for answer in [
            String::new(),
            description(&["video 9 UDP/TLS/RTP/SAVPF 102\r\na=mid:1\r\na=sendonly\r\na=msid:v v"]),
            description(&["video 0 UDP/TLS/RTP/SAVPF\r\na=mid:1\r\na=inactive"]),
            description(&["audio 0 UDP/TLS/RTP/SAVPF\r\na=mid:0\r\na=inactive"]),
        ] {
            assert_eq!(finished(&answer, true), answer);
            assert_eq!(finished(&answer, false), answer);
        }
    }
}
