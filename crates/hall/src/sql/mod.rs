//! The statements of the hall, one file per noun, one text for both engines.

pub(crate) mod agency;
pub(crate) mod area;
pub(crate) mod arrived;
pub(crate) mod aside;
pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod checkpoint;
pub(crate) mod claim;
pub(crate) mod desired;
pub(crate) mod emergency;
pub(crate) mod enrol;
pub(crate) mod factor;
pub(crate) mod idempotency;
pub(crate) mod identity;
pub(crate) mod incident;
pub(crate) mod intake;
pub(crate) mod kept;
pub(crate) mod link;
pub(crate) mod measured;
pub(crate) mod network;
pub(crate) mod outbox;
pub(crate) mod passkey;
pub(crate) mod release;
pub(crate) mod screen;
pub(crate) mod session;
pub(crate) mod shift;
pub(crate) mod site;
pub(crate) mod source;
pub(crate) mod staff;
pub(crate) mod token;

/// Begins a text with what a reader typed, as a pattern of LIKE over lower-case
/// columns; wildcards in it stand for themselves. To be used with `ESCAPE '!'`.
pub(crate) fn containing(typed: &str) -> String {
    let mut pattern = String::from("%");
    for c in typed.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_stand_for_themselves() {
        assert_eq!(containing(" 50%_Ok! "), "%50!%!_ok!!%");
    }
}
