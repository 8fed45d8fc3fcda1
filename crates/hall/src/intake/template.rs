//! An empty file with its words explained.

use axum::response::Response;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, XlsxError};

use super::{Contract, Language, Reads, Said};
use crate::csv::File;
use crate::problem::{self, Problem};

static REQUIRED: Said = Said::new("wajib", "required");
static OPTIONAL: Said = Said::new("boleh kosong", "may be empty");
static EXAMPLE: Said = Said::new("contoh", "for example");
static GUIDE: Said = Said::new("Petunjuk", "Guide");

/// As a CSV: the headings, then one remark for each column. An import passes over
/// remarks, so they need not be taken out.
#[must_use]
pub fn template_csv(contract: &Contract, language: Language, name: &'static str) -> Response {
    let say = |said: &Said| said.in_language(language).to_owned();
    let headings: Vec<String> = contract.columns.iter().map(|c| say(&c.name)).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut file = File::new(&headings);
    for column in contract.columns {
        file.row(&[format!(
            "# {}: {} ({}; {}: {})",
            say(&column.name),
            say(&column.about),
            say(if column.required {
                &REQUIRED
            } else {
                &OPTIONAL
            }),
            say(&EXAMPLE),
            column.example,
        )]);
    }
    file.response(name)
}

/// As a workbook: a sheet to fill, whose columns of codes are text so that no digit
/// is eaten, and a sheet that explains them.
///
/// # Errors
/// If the workbook cannot be written.
pub fn template_xlsx(
    contract: &Contract,
    language: Language,
    name: &'static str,
) -> Result<Response, Problem> {
    let octets = workbook(contract, language)
        .map_err(|error| Problem::bug(format!("a template cannot be written: {error}")))?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(problem::file(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        octets.into(),
        &[("content-disposition", disposition)],
    ))
}

/// Rows of the sheet that are ready to be filled.
const READY: u32 = 1_000;

fn workbook(contract: &Contract, language: Language) -> Result<Vec<u8>, XlsxError> {
    let say = |said: &Said| said.in_language(language).to_owned();
    let heading = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border_bottom(FormatBorder::Thin)
        .set_background_color(Color::RGB(0x00F1_EFE7));
    let needed = heading.clone().set_border_bottom(FormatBorder::Thick);
    let text = Format::new().set_num_format("@");
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);

    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(say(&contract.name))?;
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0_u16..).zip(contract.columns) {
        let format = if column.required { &needed } else { &heading };
        let name = say(&column.name);
        let width = name.chars().count().clamp(12, 28);
        sheet.set_column_width(at, f64::from(u32::try_from(width).unwrap_or(12)) + 2.0)?;
        if !matches!(column.reads, Reads::Number) {
            sheet.set_column_format(at, &text)?;
        }
        sheet.write_string_with_format(0, at, &name, format)?;
    }
    let last = u16::try_from(contract.columns.len().saturating_sub(1)).unwrap_or(0);
    sheet.autofilter(0, 0, READY, last)?;

    let guide = book.add_worksheet().set_name(say(&GUIDE))?;
    guide.set_freeze_panes(1, 0)?;
    let titles = [
        Said::new("Kolom", "Column"),
        Said::new("Isi", "What belongs there"),
        Said::new("Wajib", "Required"),
        Said::new("Contoh", "Example"),
    ];
    for ((at, title), width) in (0_u16..).zip(&titles).zip([28.0, 70.0, 14.0, 40.0]) {
        guide.set_column_width(at, width)?;
        guide.write_string_with_format(0, at, say(title), &heading)?;
    }
    for (row, column) in (1_u32..).zip(contract.columns) {
        let need = if column.required {
            &REQUIRED
        } else {
            &OPTIONAL
        };
        guide.write_string_with_format(row, 0, say(&column.name), &wrapped)?;
        guide.write_string_with_format(row, 1, say(&column.about), &wrapped)?;
        guide.write_string_with_format(row, 2, say(need), &wrapped)?;
        guide.write_string_with_format(row, 3, column.example, &wrapped)?;
    }
    book.save_to_buffer()
}
