//! Rows of variables from a file: CSV with a line of names, or one JSON object a line.

use patchbay_domain::compare::{MAX_ROWS, Row};

use crate::EngineError;

/// The largest text that is read, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Of more lines that cannot be used, only so many are told.
const TOLD: usize = 5;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowsFormat {
    /// Values between commas, semicolons or tabs, the names in the first line.
    Csv,
    /// One JSON object a line; or one JSON array of objects.
    JsonLines,
}

impl RowsFormat {
    /// The format with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    fn of(text: &str) -> Self {
        if text.trim_start().starts_with(['{', '[']) {
            Self::JsonLines
        } else {
            Self::Csv
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadRows {
    /// The names, in the order of the file.
    pub names: Vec<String>,
    /// The rows; each has every name.
    pub rows: Vec<Row>,
    /// What was left out and why, in whole sentences.
    pub problems: Vec<String>,
}

/// Reads rows of variables.
///
/// # Errors
/// The text is too long, or no row can be read from it.
pub fn read_rows(text: &str, format: Option<RowsFormat>) -> Result<ReadRows, EngineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MOST_BYTES {
        let sentence = "The file is larger than 16 MB.";
        return Err(EngineError::input("rows", sentence, "Use a part of it."));
    }
    let mut read = match format.unwrap_or_else(|| RowsFormat::of(text)) {
        RowsFormat::Csv => read_csv(text),
        RowsFormat::JsonLines => read_json(text),
    };
    if read.rows.is_empty() {
        let why = read.problems.first().cloned();
        let sentence = why.unwrap_or_else(|| "There is no row in this file.".to_owned());
        let advice = "Use a CSV file whose first line holds names, or one JSON object a line.";
        return Err(EngineError::input("rows", sentence, advice));
    }
    if read.rows.len() > MAX_ROWS {
        let left_out = read.rows.len() - MAX_ROWS;
        read.rows.truncate(MAX_ROWS);
        read.problems.push(format!(
            "The last {left_out} rows were left out: {MAX_ROWS} are the most."
        ));
    }
    // A name that one row lacks is empty there, so that every prompt can be filled in.
    for row in &mut read.rows {
        for name in &read.names {
            row.entry(name.clone()).or_default();
        }
    }
    if read.problems.len() > TOLD {
        let more = read.problems.len() - TOLD;
        read.problems.truncate(TOLD);
        read.problems.push(format!("And {more} more."));
    }
    Ok(read)
}

fn read_csv(text: &str) -> ReadRows {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter_of(text))
        .flexible(true)
        .trim(csv::Trim::Headers)
        .from_reader(text.as_bytes());
    let mut read = ReadRows::default();
    match reader.headers() {
        Ok(headers) => {
            for (index, name) in headers.iter().enumerate() {
                let name = if name.is_empty() {
                    format!("column {}", index + 1)
                } else {
                    name.to_owned()
                };
                let is_taken = read.names.contains(&name);
                read.names.push(if is_taken {
                    format!("{name} {}", index + 1)
                } else {
                    name
                });
            }
        }
        Err(error) => {
            read.problems
                .push(format!("The first line cannot be read: {error}."));
            return read;
        }
    }
    for (index, record) in reader.records().enumerate() {
        let number = index + 2;
        match record {
            Ok(record) if record.len() > read.names.len() => read.problems.push(format!(
                "Row {number} has {} values for {} names.",
                record.len(),
                read.names.len()
            )),
            Ok(record) if record.iter().all(str::is_empty) => {}
            Ok(record) => {
                let values = record.iter().map(str::to_owned);
                read.rows
                    .push(read.names.iter().cloned().zip(values).collect());
            }
            Err(error) => read
                .problems
                .push(format!("Row {number} cannot be read: {error}.")),
        }
    }
    read
}

/// What stands most often in the first line, outside of quotes.
pub(crate) fn delimiter_of(text: &str) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            byte if !is_quoted => {
                for (delimiter, count) in &mut counts {
                    *count += usize::from(*delimiter == byte);
                }
            }
            _ => {}
        }
    }
    // The first of equals, so that one name alone is read with commas.
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts
        .iter()
        .find(|(_, count)| *count == most)
        .map_or(b',', |(delimiter, _)| *delimiter)
}

fn read_json(text: &str) -> ReadRows {
    let mut read = ReadRows::default();
    if let Ok(all) = serde_json::from_str::<Vec<serde_json::Value>>(text.trim()) {
        for (index, value) in all.iter().enumerate() {
            read.take(value, &format!("Entry {}", index + 1));
        }
        return read;
    }
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let place = format!("Line {}", index + 1);
        match serde_json::from_str(line) {
            Ok(value) => read.take(&value, &place),
            Err(_) => read.problems.push(format!("{place} is no JSON.")),
        }
    }
    read
}

impl ReadRows {
    fn take(&mut self, value: &serde_json::Value, place: &str) {
        let Some(object) = value.as_object() else {
            self.problems.push(format!("{place} is no JSON object."));
            return;
        };
        let mut row = Row::new();
        for (name, value) in object {
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            row.insert(name.clone(), text);
        }
        self.rows.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(row: &Row) -> Vec<(&str, &str)> {
        row.iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    #[test]
    fn csv_with_quotes_semicolons_and_a_mark_at_its_beginning_is_read() {
        let read = read_rows(
            "\u{feff}city;said\nLima;\"a; \"\"b\"\"\nc\"\n\nQuito;d\n",
            None,
        )
        .unwrap();
        assert_eq!(read.names, ["city", "said"]);
        assert_eq!(
            pairs(&read.rows[0]),
            [("city", "Lima"), ("said", "a; \"b\"\nc")]
        );
        assert_eq!(pairs(&read.rows[1]), [("city", "Quito"), ("said", "d")]);
        assert!(read.problems.is_empty());
    }

    #[test]
    fn a_row_that_does_not_fit_is_told_and_the_others_are_kept() {
        let read = read_rows("a,b\n1,2\n1,2,3\n4\n", None).unwrap();
        assert_eq!(read.rows.len(), 2);
        assert_eq!(pairs(&read.rows[1]), [("a", "4"), ("b", "")]);
        assert_eq!(read.problems, ["Row 3 has 3 values for 2 names."]);
    }

    #[test]
    fn json_lines_and_arrays_are_read() {
        let lines = "{\"a\": \"x\", \"n\": 3}\nnonsense\n{\"a\": null, \"deep\": [1]}\n";
        let read = read_rows(lines, None).unwrap();
        assert_eq!(read.names, ["a", "n", "deep"]);
        assert_eq!(pairs(&read.rows[0]), [("a", "x"), ("deep", ""), ("n", "3")]);
        assert_eq!(
            pairs(&read.rows[1]),
            [("a", ""), ("deep", "[1]"), ("n", "")]
        );
        assert_eq!(read.problems, ["Line 2 is no JSON."]);
        let array = read_rows("[{\"a\": true}]", None).unwrap();
        assert_eq!(pairs(&array.rows[0]), [("a", "true")]);
    }

    #[test]
    fn what_holds_no_row_is_an_error() {
        for text in ["", "a,b\n", "{]", "[1]"] {
            assert!(read_rows(text, None).is_err(), "{text}");
        }
    }
}
