//! Error bodies, in the shapes that servers give them.

use serde_json::Value;

/// What an error body says, as far as it says it.
#[derive(Clone, Debug, Default)]
pub(super) struct ErrorBody {
    /// Text or number, as text.
    pub(super) code: Option<String>,
    /// The vendor's word for the kind of error: `type`, or Google's `status`.
    pub(super) kind: Option<String>,
    /// The words, together with those of the host behind a gateway.
    pub(super) message: Option<String>,
    /// A web page instead.
    pub(super) is_html: bool,
    /// The whole object, for hints that only some vendors give.
    pub(super) object: Value,
}

impl ErrorBody {
    /// Reads a whole body.
    pub(super) fn read(body: &str) -> Self {
        let body = body.trim_start_matches('\u{feff}').trim();
        if let Some(title) = title(body) {
            return Self {
                message: Some(title),
                is_html: true,
                ..Self::default()
            };
        }
        let Ok(value) = serde_json::from_str::<Value>(body) else {
            let message = (!body.is_empty()).then(|| body.to_owned());
            return Self {
                message,
                ..Self::default()
            };
        };
        Self::from_value(value)
    }

    /// Reads an error object out of a stream: what stood under `error`, or the whole event.
    pub(super) fn read_object(text: &str) -> Self {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Self::from_value(value),
            Err(_) => Self {
                message: Some(text.to_owned()),
                ..Self::default()
            },
        }
    }

    fn from_value(value: Value) -> Self {
        // Gemini's compatible endpoint wraps its error in a list.
        let value = match value {
            Value::Array(items) => items.into_iter().next().unwrap_or_default(),
            other => other,
        };
        let object = innermost(&value).clone();
        let mut body = Self {
            code: first_text(&object, &["code", "error_code", "status_code"])
                .or_else(|| first_text(&value, &["code", "error_code"])),
            kind: first_text(&object, &["type", "status", "error_type", "__type"])
                .or_else(|| first_text(&value, &["type"]))
                .map(|kind| without_namespace(&kind).to_owned()),
            message: first_text(
                &object,
                &[
                    "message",
                    "Message",
                    "msg",
                    "status_msg",
                    "detail",
                    "error_description",
                    "error",
                    "reason",
                ],
            )
            .or_else(|| first_text(&value, &["message", "detail"]))
            .or_else(|| object.as_str().map(str::to_owned)),
            is_html: false,
            object,
        };
        body.add_parameter();
        body.add_upstream_words();
        if body.message.is_none() && !body.object.is_null() {
            body.message = Some(body.object.to_string());
        }
        body
    }

    /// "Unsupported parameter" alone does not tell which.
    fn add_parameter(&mut self) {
        let Some(parameter) = self.object["param"].as_str() else {
            return;
        };
        if let Some(message) = &mut self.message
            && !message.contains(parameter)
        {
            message.push_str(" (");
            message.push_str(parameter);
            message.push(')');
        }
    }

    /// OpenRouter says "Provider returned error" and hides the host's own words beside it.
    fn add_upstream_words(&mut self) {
        let metadata = &self.object["metadata"];
        let host = metadata["provider_name"].as_str();
        let raw = match &metadata["raw"] {
            Value::String(text) => Some(Self::read(text).message.unwrap_or_else(|| text.clone())),
            Value::Null => None,
            other => Some(Self::from_value(other.clone()).message.unwrap_or_default()),
        };
        let added = match (host, raw) {
            (Some(host), Some(raw)) => format!("{host}: {raw}"),
            (Some(host), None) => host.to_owned(),
            (None, Some(raw)) => raw,
            (None, None) => return,
        };
        self.message = Some(match self.message.take() {
            Some(message) => format!("{message} ({added})"),
            None => added,
        });
    }
}

/// The object that holds the error itself.
fn innermost(value: &Value) -> &Value {
    for name in ["error", "base_resp", "errors", "detail", "Error"] {
        match &value[name] {
            inner @ Value::Object(_) => return inner,
            Value::Array(items) if items.iter().any(Value::is_object) => return &items[0],
            _ => {}
        }
    }
    value
}

/// Amazon writes `com.amazon.coral.service#ThrottlingException`, and an address behind the name.
pub(super) fn without_namespace(kind: &str) -> &str {
    let name = kind.rsplit_once('#').map_or(kind, |(_, name)| name);
    name.split_once(":http").map_or(name, |(name, _)| name)
}

fn first_text(object: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match &object[*name] {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The title of a web page, or the page's first words; `None` where it is no page.
pub(super) fn title(body: &str) -> Option<String> {
    let start = body.trim_start_matches('\u{feff}').trim_start();
    let beginning: String = start
        .chars()
        .take(1_000)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_page = start.starts_with('<')
        && [
            "<!doctype html",
            "<html",
            "<head",
            "<body",
            "<title",
            "<h1",
            "<center",
        ]
        .iter()
        .any(|tag| beginning.contains(tag));
    if !is_page {
        return None;
    }
    let lower = start.to_ascii_lowercase();
    let title = ["title", "h1"].iter().find_map(|tag| {
        let open = lower.find(&format!("<{tag}"))?;
        let begin = open + lower[open..].find('>')? + 1;
        let end = begin + lower[begin..].find(&format!("</{tag}"))?;
        Some(plain_text(&start[begin..end])).filter(|text| !text.is_empty())
    });
    Some(title.unwrap_or_else(|| "a page without a title".to_owned()))
}

/// Without tags, with the usual entities read and white space joined.
fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if !in_tag => text.push(character),
            _ => {}
        }
    }
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
        ("&middot;", "·"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}
