//! The chat template of a model: Jinja as the Python libraries run it.
//!
//! A template comes with a downloaded file and is untrusted: it runs with a limited number of steps,
//! sees nothing but the messages, and what people wrote is kept apart from what it writes, so that
//! pasted text that spells a control token stays text.

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, context};
use patchbay_domain::{ChatMessage, UnixMillis};

use crate::error::{LoadError, Unsupported};

/// Steps that one rendering may take; a conversation of a thousand turns needs about 50,000.
const MAX_STEPS: u64 = 5_000_000;

/// The layout that most small models use, for files that carry no template.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

/// Noncharacters: no text that is meant to be exchanged holds them.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// A part of a rendered prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Written by the template, or harmless: special tokens count.
    Template(String),
    /// Something in a message that spells a special token: only text.
    Literal(String),
}

/// A parsed template, with the texts of the model's special tokens.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    beginning: String,
    end: String,
    special: Vec<String>,
}

impl std::fmt::Debug for ChatTemplate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ChatTemplate")
            .field("special", &self.special)
            .finish()
    }
}

impl ChatTemplate {
    /// Parses the template of a file, or takes the most common layout where the file has none and
    /// its vocabulary knows the tokens of that layout.
    pub(crate) fn new(
        source: Option<&str>,
        (beginning, end): (String, String),
        special: &[String],
    ) -> Result<Self, LoadError> {
        let source = match source {
            Some(source) => source,
            None if special.iter().any(|text| text == "<|im_start|>") => CHATML,
            None => return Err(Unsupported::NoChatTemplate.into()),
        };
        let mut environment = Environment::new();
        environment.set_trim_blocks(true);
        environment.set_lstrip_blocks(true);
        environment.set_fuel(Some(MAX_STEPS));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_filter("tojson", to_json);
        environment
            .add_template_owned("chat", source.to_owned())
            .map_err(LoadError::ChatTemplate)?;
        Ok(Self {
            environment,
            beginning,
            end,
            special: special.to_vec(),
        })
    }

    /// Renders the messages up to the point where the model begins to answer, or goes on: where it
    /// `continues`, the last turn is half an answer, which is put behind the opening of its turn as it
    /// stands. So no template can close or trim it. `now` is what a template gets that asks for today's
    /// date.
    pub(crate) fn render(
        &self,
        messages: &[ChatMessage],
        continues: bool,
        now: Option<UnixMillis>,
    ) -> Result<Vec<Piece>, Error> {
        let mut literals = Vec::new();
        let (messages, half) = match messages.split_last() {
            Some((half, rest)) if continues => (rest, Some(half)),
            _ => (messages, None),
        };
        let turns: Vec<Value> = messages
            .iter()
            .map(|message| {
                let content = self.set_apart(&message.words(), &mut literals);
                context! { role => message.role.as_str(), content }
            })
            .collect();
        let strftime_now =
            now.map(|now| Value::from_function(move |format: &str| date(now, format)));
        let mut values = context! {
            messages => turns,
            add_generation_prompt => true,
            bos_token => self.beginning,
            eos_token => self.end,
        };
        if let Some(strftime_now) = strftime_now {
            values = context! { strftime_now, ..values };
        }
        let mut text = self.environment.get_template("chat")?.render(values)?;
        if let Some(half) = half {
            text.push_str(&self.set_apart(&half.words(), &mut literals));
        }
        Ok(put_back(&text, &literals))
    }

    /// Replaces what spells a special token by a mark, and keeps what stood there.
    fn set_apart(&self, text: &str, literals: &mut Vec<String>) -> String {
        let mut marked = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let special = self
                .special
                .iter()
                .filter(|special| rest.starts_with(special.as_str()))
                .map(String::len)
                .max();
            let length = special.unwrap_or(letter.len_utf8());
            let (found, after) = rest.split_at(length);
            if special.is_some() || letter == OPEN || letter == CLOSE {
                marked.push(OPEN);
                marked.push_str(&literals.len().to_string());
                marked.push(CLOSE);
                literals.push(found.to_owned());
            } else {
                marked.push(letter);
            }
            rest = after;
        }
        marked
    }
}

/// Finds the marks in what a template made of the messages. It may have moved, repeated or dropped
/// them; one that it damaged stays what it is.
fn put_back(text: &str, literals: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        plain.push_str(before);
        let found = after.split_once(CLOSE).and_then(|(number, after)| {
            Some((literals.get(number.parse::<usize>().ok()?)?, after))
        });
        match found {
            Some((literal, after)) => {
                if !plain.is_empty() {
                    pieces.push(Piece::Template(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Literal(literal.clone()));
                rest = after;
            }
            None => {
                plain.push(OPEN);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Template(plain));
    }
    pieces
}

fn raise_exception(reason: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, reason))
}

/// Unlike minijinja's own filter this one escapes nothing for HTML, as in Python.
fn to_json(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?;
    let broken = |error| Error::new(ErrorKind::BadSerialization, "no JSON").with_source(error);
    match indent {
        None => serde_json::to_string(value).map_err(broken),
        Some(_) => serde_json::to_string_pretty(value).map_err(broken),
    }
}

fn date(now: UnixMillis, format: &str) -> Result<String, Error> {
    let wrong = |error| Error::new(ErrorKind::InvalidOperation, "no such date").with_source(error);
    let moment = jiff::Timestamp::from_millisecond(now.0).map_err(wrong)?;
    let zoned = moment.to_zoned(jiff::tz::TimeZone::system());
    jiff::fmt::strtime::format(format, &zoned).map_err(wrong)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
