//! Looks an answer over before the library builds a tree of it.
//!
//! The library reads without recursion, and lets go of its tree with: an answer of nothing
//! but beginnings would take the whole stack, and with it the house. So depth is counted by
//! the same reader first. A document type, by which entities are made, has no place in SOAP
//! (SOAP 1.2 Part 1 §5).

use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements within each other, at most: answers of ONVIF have about a dozen.
pub(crate) const DEPTH_MAX: usize = 64;

/// Elements in all, at most.
pub(crate) const ELEMENTS_MAX: usize = 20_000;

/// Why an answer is not handed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is too deep")]
    Deep,
    #[error("it has too many parts")]
    Many,
    #[error("it makes words of its own")]
    Types,
    #[error("it is no XML: {0}")]
    NoXml(String),
}

/// Whether an answer can be read with what a thread has.
///
/// # Errors
/// Why not.
pub(crate) fn look(xml: &str) -> Result<(), Unfit> {
    let mut reader = Reader::from_str(xml);
    let (mut depth, mut elements) = (0_usize, 0_usize);
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => {
                depth += 1;
                elements += 1;
                if depth > DEPTH_MAX {
                    return Err(Unfit::Deep);
                }
            }
            Ok(Event::Empty(_)) => elements += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::DocType(_)) => return Err(Unfit::Types),
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => {
                let said: String = error.to_string().chars().take(80).collect();
                return Err(Unfit::NoXml(said));
            }
        }
        if elements > ELEMENTS_MAX {
            return Err(Unfit::Many);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_answer_is_handed_on() {
        let fault = "<?xml version=\"1.0\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\
            <s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault></s:Body></s:Envelope>";
        assert_eq!(look(fault), Ok(()));
        assert_eq!(look(""), Ok(()));
    }

    #[test]
    fn what_would_take_the_stack_is_not() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert_eq!(look(&nested(DEPTH_MAX)), Ok(()));
        assert_eq!(look(&nested(DEPTH_MAX + 1)), Err(Unfit::Deep));
        assert_eq!(look(&"<a>".repeat(80_000)), Err(Unfit::Deep));
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert_eq!(look(&wide), Err(Unfit::Many));
    }

    #[test]
    fn what_makes_entities_is_not() {
        let text = "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>";
        assert_eq!(look(text), Err(Unfit::Types));
        assert!(matches!(look("<a></b>"), Err(Unfit::NoXml(_))));
    }
}
