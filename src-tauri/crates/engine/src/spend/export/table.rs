//! Rows of cells as text, in one of the formats.

use super::SpendExportFormat;
use super::cells::{Cell, Cells};

/// Rows as text, in one of the formats.
pub(super) struct Table {
    format: SpendExportFormat,
    is_begun: bool,
}

impl Table {
    pub(super) fn new(format: SpendExportFormat) -> Self {
        Self {
            format,
            is_begun: false,
        }
    }

    pub(super) fn page(&mut self, rows: &[Cells]) -> Vec<u8> {
        match self.format {
            SpendExportFormat::Csv => self.csv(rows),
            SpendExportFormat::Json | SpendExportFormat::JsonLines => {
                let mut page = Vec::new();
                for row in rows {
                    if self.format == SpendExportFormat::Json {
                        let before: &[u8] = if self.is_begun { b",\n" } else { b"[\n" };
                        page.extend_from_slice(before);
                    }
                    self.is_begun = true;
                    page.extend(object(row));
                    if self.format == SpendExportFormat::JsonLines {
                        page.push(b'\n');
                    }
                }
                page
            }
        }
    }

    pub(super) fn end(&self) -> Vec<u8> {
        match (self.format, self.is_begun) {
            (SpendExportFormat::Json, true) => b"\n]\n".to_vec(),
            (SpendExportFormat::Json, false) => b"[]\n".to_vec(),
            (SpendExportFormat::Csv | SpendExportFormat::JsonLines, _) => Vec::new(),
        }
    }

    pub(super) fn csv(&mut self, rows: &[Cells]) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            if !std::mem::replace(&mut self.is_begun, true) {
                // Writing to memory fails only where there is none.
                let _ = writer.write_record(row.iter().map(|(name, _)| *name));
            }
            let _ = writer.write_record(row.iter().map(|(_, cell)| match cell {
                Cell::Nothing => String::new(),
                Cell::Text(text) | Cell::Json(text) => guarded(text),
                Cell::Number(digits) => digits.clone(),
            }));
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// A spreadsheet takes a text that begins with one of these for a formula; a number is none.
pub(super) fn guarded(text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number {
        text.to_owned()
    } else {
        crate::text::guarded(text)
    }
}

pub(super) fn object(row: &Cells) -> Vec<u8> {
    let mut object = vec![b'{'];
    for (index, (name, cell)) in row.iter().enumerate() {
        if index > 0 {
            object.push(b',');
        }
        let string = |text: &str| serde_json::to_vec(text).unwrap_or_default();
        object.extend(string(name));
        object.push(b':');
        match cell {
            Cell::Nothing => object.extend_from_slice(b"null"),
            Cell::Number(digits) => object.extend_from_slice(digits.as_bytes()),
            Cell::Text(text) => object.extend(string(text)),
            Cell::Json(json) => {
                // As it came, digit by digit, but on one line: within its texts there is no line break.
                if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() {
                    object.extend(json.replace(['\n', '\r'], " ").into_bytes());
                } else {
                    object.extend(string(json));
                }
            }
        }
    }
    object.push(b'}');
    object
}
