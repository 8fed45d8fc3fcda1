//! Workbooks by their parts: the first octet says which kind of list, the rest are the parts
//! of an XLSX file, one behind the other with a zero octet between: a sheet, the shared
//! strings, the styles, the workbook, its relations. They are put into a zip whose sums are
//! right, so that what is tried is the reader of sheets and not the one of zips. A part that
//! is left out is a plain one; a second octet says what is wrong with the zip itself.
//!
//! Does not cover: sealing, and the tables, which tests of the room try; CSV, and files as they
//! come, which `family_rows` does.

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

/// The parts that bytes may tell, and what stands there where they do not.
const PARTS: [(&str, &str); 5] = [
    (
        "xl/worksheets/sheet1.xml",
        "<worksheet><sheetData/></worksheet>",
    ),
    ("xl/sharedStrings.xml", "<sst/>"),
    ("xl/styles.xml", "<styleSheet/>"),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
    ),
];

pub fn run(bytes: &[u8]) {
    let [kind, wrong, rest @ ..] = bytes else {
        return;
    };
    let mut told = rest.split(|it| *it == 0);
    let mut parts = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELATIONS.as_bytes()),
    ];
    for (name, plain) in PARTS {
        let own = told.next().filter(|part| !part.is_empty());
        parts.push((name, own.unwrap_or(plain.as_bytes())));
    }
    let mut file = zip(&parts, *wrong);
    if *wrong == 1 {
        file.truncate(file.len() / 2);
    }
    if let Some((rows, refused)) = card::doors::workbook(*kind, &file) {
        assert!(refused <= rows, "no more refused than there are");
    }
}

/// An archive of parts that are stored as they are (APPNOTE 6.3.10, 4.3); `wrong` 2 says of
/// the first sheet that it is larger than it is, 3 that its sum is another.
fn zip(parts: &[(&str, &[u8])], wrong: u8) -> Vec<u8> {
    let (mut file, mut central, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, octets) in parts {
        let at = length(file.len());
        let is_sheet = name.starts_with("xl/worksheets");
        let size = length(octets.len()) + if is_sheet && wrong == 2 { 9_999 } else { 0 };
        let sum = crc32(octets) ^ u32::from(is_sheet && wrong == 3);
        let mut head = Vec::new();
        // Version 2.0, no flags, stored, 1 January 1980.
        for number in [20_u16, 0, 0, 0, 0x21] {
            head.extend(number.to_le_bytes());
        }
        for number in [sum, size, size] {
            head.extend(number.to_le_bytes());
        }
        head.extend(u16::try_from(name.len()).unwrap_or(0).to_le_bytes());
        head.extend([0; 2]);
        file.extend(b"PK\x03\x04");
        file.extend(&head);
        file.extend(name.as_bytes());
        file.extend(*octets);
        central.extend(b"PK\x01\x02\x14\x00");
        central.extend(&head);
        // No comment, first disk, no attributes.
        central.extend([0; 10]);
        central.extend(at.to_le_bytes());
        central.extend(name.as_bytes());
        count += 1;
    }
    let (at, size) = (length(file.len()), length(central.len()));
    file.extend(&central);
    file.extend(b"PK\x05\x06\0\0\0\0");
    for number in [count, count] {
        file.extend(number.to_le_bytes());
    }
    for number in [size, at] {
        file.extend(number.to_le_bytes());
    }
    file.extend([0; 2]);
    file
}

fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// The sum that a zip has of each part (ISO 3309).
fn crc32(octets: &[u8]) -> u32 {
    !octets.iter().fold(u32::MAX, |sum, octet| {
        (0..8).fold(sum ^ u32::from(*octet), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}
