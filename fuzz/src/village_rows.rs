//! Rows of lists of villages: a code, three names and a cell, one a line. What is
//! found is a village of the register or a question about some, and a row that is only
//! dressed otherwise means the same.
//!
//! Does not cover: the file around the rows, which the intake reads and its own tests
//! try; rights, decisions, and the writing; the tests of the API do.

use std::sync::LazyLock;

use reach::doors::{Found, Property, Register, Shape, Village, Written, key, shape};

/// Two of one name in one regency, one of it elsewhere, and a kelurahan.
static REGISTER: LazyLock<Register> = LazyLock::new(|| {
    let rows = [
        (
            "62.71.01.1001",
            "Pahandut",
            "Pahandut",
            "Kota Palangka Raya",
        ),
        (
            "62.03.01.2001",
            "Sumber Makmur",
            "Selat",
            "Kabupaten Kapuas",
        ),
        (
            "62.03.02.2001",
            "Sumber Makmur",
            "Basarang",
            "Kabupaten Kapuas",
        ),
        (
            "62.11.05.2004",
            "Tumbang Nusa II",
            "Jabiren Raya",
            "Kabupaten Pulang Pisau",
        ),
    ];
    Register::new(rows.map(|(code, name, district, regency)| Village {
        code: code.parse().expect("a code"),
        name: name.to_owned(),
        district: district.to_owned(),
        regency: regency.to_owned(),
    }))
});

pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut lines = text.lines();
    let mut line = || lines.next().filter(|line| !line.is_empty());
    let written = Written {
        code: line(),
        system: None,
        regency: line(),
        district: line(),
        village: line(),
    };
    let cell = line().unwrap_or_default();
    for property in Property::ALL {
        let _ = property.read(cell);
    }
    let found = REGISTER.find(&written);
    match &found {
        Found::Village(code, _) => assert!(REGISTER.village(code).is_some(), "{code}"),
        Found::Asked(_, codes) => {
            assert!(codes.iter().all(|code| REGISTER.village(code).is_some()));
        }
    }
    let loud = |text: Option<&str>| text.map(str::to_ascii_uppercase);
    let (regency, district, village) = (
        loud(written.regency),
        loud(written.district),
        loud(written.village),
    );
    let again = Written {
        regency: regency.as_deref(),
        district: district.as_deref(),
        village: village.as_deref(),
        ..written
    };
    assert_eq!(REGISTER.find(&again), found, "capitals change nothing");
    assert_eq!(key(&again), key(&written));
    if let Some(Shape::Dotted(code)) = written.code.map(shape) {
        assert_eq!(
            shape(code.as_str()),
            Shape::Dotted(code),
            "a code is itself"
        );
    }
    let _ = REGISTER.evidence([written]);
}
