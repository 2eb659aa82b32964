//! Embeddings: vectors that depend on the text alone, and what goes wrong with them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use super::families::{self, Kind, Refusal};
use super::request::RecordedRequest;
use super::routes::Route;
use super::said::Counts;
use super::script::{Script, Step};

/// The names that make embeddings; `N` is how many numbers a vector has. They stand on no list unless a
/// test puts them there, since most lists are of models that hold conversations. Names that refuse, such
/// as `500`, refuse embeddings too.
pub const EMBEDDINGS: &[(&str, &str)] = &[
    (
        "vectors-N",
        "a vector for each text, in the form that was asked for",
    ),
    (
        "vectors-in-digits-N",
        "the same, in digits whatever was asked for",
    ),
    (
        "vectors-without-base64-N",
        "the same, which refuses to write Base64",
    ),
    ("vectors-too-few-N", "one vector fewer than there are texts"),
    (
        "vectors-uncounted-N",
        "the same as the first, without usage",
    ),
    (
        "vectors-backwards-N",
        "the last one first, with their numbers",
    ),
    ("vectors-cut-N", "the connection breaks in the middle"),
];

/// What one of these names does with its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Usual,
    InDigits,
    WithoutBase64,
    TooFew,
    Uncounted,
    Backwards,
    Cut,
}

fn habit(name: &str) -> Option<(Habit, usize)> {
    let (habit, count) = name
        .strip_prefix("vectors-")?
        .rsplit_once('-')
        .map_or_else(
            || Some((Habit::Usual, name.strip_prefix("vectors-")?)),
            |(word, count)| {
                let habit = match word {
                    "in-digits" => Habit::InDigits,
                    "without-base64" => Habit::WithoutBase64,
                    "too-few" => Habit::TooFew,
                    "uncounted" => Habit::Uncounted,
                    "backwards" => Habit::Backwards,
                    "cut" => Habit::Cut,
                    _ => return None,
                };
                Some((habit, count))
            },
        )?;
    Some((habit, count.parse().ok()?))
}

/// Whether this name makes embeddings.
pub(super) fn is_one(name: &str) -> bool {
    habit(name).is_some()
}

/// The reply to a request for embeddings, with the tokens that are charged for.
///
/// # Errors
/// The model makes none, or not like that.
pub(super) fn reply(
    name: &str,
    request: &RecordedRequest,
    route: &Route,
    counts: Counts,
) -> Result<Script, Refusal> {
    let invalid = |message: &str| Refusal::new(400, Kind::Invalid, message);
    let Some((habit, length)) = habit(name) else {
        return Err(invalid("This model does not support embeddings."));
    };
    let body = request.json();
    let inputs = inputs(&body);
    if inputs.is_empty() {
        return Err(invalid("`input` is missing."));
    }
    let wants_base64 = body["encoding_format"] == "base64";
    if wants_base64 && habit == Habit::WithoutBase64 {
        return Err(invalid("encoding_format: only float is supported."));
    }
    let wanted = body["dimensions"]
        .as_u64()
        .or_else(|| body["requests"][0]["outputDimensionality"].as_u64());
    let length = wanted.map_or(length, |wanted| usize::try_from(wanted).unwrap_or(length));
    let vectors = inputs.iter().map(|input| vector(input, length));
    let reply = if route.family == WireFamily::Gemini {
        let values: Vec<Value> = vectors.map(|values| json!({ "values": values })).collect();
        json!({ "embeddings": values, "usageMetadata": { "promptTokenCount": counts.prompt() } })
    } else {
        let is_packed = wants_base64 && habit != Habit::InDigits;
        let mut data: Vec<Value> = vectors
            .enumerate()
            .map(|(index, values)| {
                let embedding = if is_packed {
                    json!(packed(&values))
                } else {
                    json!(values)
                };
                json!({ "object": "embedding", "index": index, "embedding": embedding })
            })
            .collect();
        match habit {
            Habit::TooFew => {
                data.pop();
            }
            Habit::Backwards => data.reverse(),
            _ => {}
        }
        let mut usage = json!({
            "prompt_tokens": counts.prompt(),
            "total_tokens": counts.prompt(),
        });
        if let Some(cost) = &counts.cost {
            usage["cost"] = families::number(cost);
        }
        let mut reply = json!({ "object": "list", "model": request.model(), "data": data });
        if habit != Habit::Uncounted {
            reply["usage"] = usage;
        }
        reply
    };
    let whole = Bytes::from(reply.to_string());
    let script = if habit == Habit::Cut {
        let half = Step::Send(whole.slice(..whole.len() / 2));
        Script::steps(200, "application/json", vec![half, Step::Cut])
    } else {
        Script {
            bill: Some(counts),
            ..Script::body(200, "application/json", whole)
        }
    };
    Ok(families::with_request_id(route.family, script))
}

/// Each input as text: what depends on it depends on that alone, however it was sent.
fn inputs(body: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(requests) = body["requests"].as_array() {
        return requests
            .iter()
            .map(|request| one(&request["content"]["parts"][0]["text"]))
            .collect();
    }
    match &body["input"] {
        Value::Array(items) if items.first().is_some_and(|item| !item.is_number()) => {
            items.iter().map(one).collect()
        }
        Value::Null => Vec::new(),
        input => vec![one(input)],
    }
}

/// The tokens of the inputs: words, and the numbers of tokens where those were sent.
pub(super) fn tokens(request: &RecordedRequest) -> usize {
    inputs(&request.json())
        .iter()
        .map(|input| {
            input
                .split([' ', '\n', ','])
                .filter(|word| !word.is_empty())
                .count()
        })
        .sum()
}

/// Numbers between -1 and 1 with two digits, which 32 bits do not hold exactly.
fn vector(input: &str, length: usize) -> Vec<f64> {
    let seed: usize = input.bytes().map(usize::from).sum();
    (0..length)
        .map(|at| ((seed + at * 37) % 199) as f64 / 100.0 - 0.99)
        .map(|number| (number * 100.0).round() / 100.0)
        .collect()
}

fn packed(values: &[f64]) -> String {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| (*value as f32).to_le_bytes())
        .collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_habit_and_their_length() {
        for (name, expected) in [
            ("vectors-8", Some((Habit::Usual, 8))),
            ("vectors-too-few-16", Some((Habit::TooFew, 16))),
            ("vectors-odd-8", None),
            ("vectors-", None),
            ("answer", None),
        ] {
            assert_eq!(habit(name), expected, "{name}");
        }
        for (name, _) in EMBEDDINGS {
            assert!(is_one(&name.replace('N', "4")), "{name}");
        }
    }
}
