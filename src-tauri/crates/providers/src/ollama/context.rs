//! How much of a prompt was read. Ollama makes room for fewer tokens than most models can hold, and
//! leaves out the oldest turns of a prompt that does not fit, without a word. So the room is asked for
//! beside the answer, and the person is told when the prompt was larger.

use std::time::Duration;

use futures::future::{Either, select};
use futures::{FutureExt as _, StreamExt as _};
use patchbay_domain::amount::grouped;
use patchbay_domain::{ChatRequest, EventStream, Part, StreamEvent};
use serde_json::json;

use super::wire::{parse_list, parse_shown};
use crate::wire_client::WireClient;

/// Prompts below this fit into the smallest room that any version made.
const WORTH_ASKING: u64 = 1_000;

/// How long a finished answer waits for the server to say how much room there was.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tokens that the words of a request are, at the least that is likely. Pictures are not counted.
pub(super) fn estimated_tokens(request: &ChatRequest) -> u64 {
    let in_parts = request
        .messages
        .iter()
        .flat_map(|message| &message.parts)
        .map(|part| match part {
            Part::Text { text } | Part::ToolResult { text, .. } => tokens(text),
            Part::ToolCall { arguments, .. } => tokens(&arguments.0),
            Part::Image { .. } | Part::Document { .. } | Part::ReasoningItem { .. } => 0,
        });
    let in_tools = request.tools.iter().map(|tool| tokens(&tool.parameters.0));
    in_parts.chain(in_tools).sum()
}

/// A token is about four letters of English, and about two of most other writing.
fn tokens(text: &str) -> u64 {
    let letters = text.chars().count();
    let foreign = text.chars().filter(|letter| !letter.is_ascii()).count();
    (letters - foreign) as u64 / 4 + foreign as u64 / 2
}

/// The stream with a warning before its end, where the prompt was cut. The server is asked while the
/// answer comes; that it does not answer, or says nothing of use, changes nothing.
pub(super) fn watched(
    stream: EventStream,
    client: std::sync::Arc<WireClient>,
    request: &ChatRequest,
) -> EventStream {
    let sent = estimated_tokens(request);
    if sent < WORTH_ASKING {
        return stream;
    }
    let (model, chosen) = (request.model.clone(), chosen_room(request));
    let room = async move { room(&client, &model, chosen).await };
    watched_by(stream, room.boxed(), sent, PATIENCE)
}

fn watched_by(
    mut stream: EventStream,
    mut room: futures::future::BoxFuture<'static, Option<u64>>,
    sent: u64,
    patience: Duration,
) -> EventStream {
    async_stream::stream! {
        let mut known = None;
        let mut tail = Vec::new();
        loop {
            let event = match known {
                Some(_) => stream.next().await,
                // The stream is asked first, so that no token waits.
                None => match select(stream.next(), &mut room).await {
                    Either::Left((event, _)) => event,
                    Either::Right((room, next)) => {
                        known = Some(room);
                        next.await
                    }
                },
            };
            match event {
                None => break,
                // The end is held back: nobody listens behind it, and the counts are told there.
                Some(event) if !tail.is_empty() || matches!(event, Ok(StreamEvent::Finished { .. })) => {
                    tail.push(event);
                }
                Some(event) => yield event,
            }
        }
        if tail.is_empty() {
            return;
        }
        let room = match known {
            Some(room) => room,
            None => tokio::time::timeout(patience, room).await.ok().flatten(),
        };
        let read = tail.iter().find_map(|event| match event {
            Ok(StreamEvent::Usage { usage, .. }) => Some(usage.total_input()),
            _ => None,
        });
        if let Some(sentence) = room.and_then(|room| warning(room, sent, read)) {
            yield Ok(StreamEvent::Warning { sentence });
        }
        for event in tail {
            yield event;
        }
    }
    .boxed()
}

/// The tokens that room was made for: what the running model says, what the request asked for, what
/// the model's own file sets. `None` where nobody says; the server's own choice depends on its memory.
async fn room(client: &WireClient, model: &str, chosen: Option<u64>) -> Option<u64> {
    let running = client.get(client.url("api/ps"));
    let running = client.fetch_parsed(running, parse_list).await;
    let loaded = running.unwrap_or_default().into_iter().find(|running| {
        let names = [&running.name, &running.model];
        names
            .into_iter()
            .flatten()
            .any(|name| full_name(name) == full_name(model))
    });
    let made = loaded.and_then(|loaded| loaded.context_length);
    if let Some(made) = made.filter(|made| made.0 > 0) {
        return Some(made.0);
    }
    if chosen.is_some() {
        return chosen;
    }
    let body = serde_json::to_vec(&json!({ "model": model })).ok()?;
    let request = client.post_json(client.url("api/show"), body);
    let shown = client.fetch_parsed(request, parse_shown).await.ok()?;
    file_room(shown.parameters.as_deref()?)
}

/// `num_ctx` among the lines of a model file's parameters.
pub(super) fn file_room(parameters: &str) -> Option<u64> {
    let value = parameters.lines().find_map(|line| {
        let (name, value) = line.trim().split_once(char::is_whitespace)?;
        (name == "num_ctx").then(|| value.trim().trim_matches('"'))
    })?;
    value.parse().ok().filter(|room| *room > 0)
}

fn chosen_room(request: &ChatRequest) -> Option<u64> {
    let extra: serde_json::Value = serde_json::from_str(&request.extra_body.as_ref()?.0).ok()?;
    extra["options"]["num_ctx"].as_u64()
}

/// A name without a tag means the one called `latest`.
fn full_name(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let has_tag = name
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains(':'));
    if has_tag {
        name
    } else {
        format!("{name}:latest")
    }
}

/// What to say where there was room for `room` tokens, about `sent` were sent, and `read` were counted.
fn warning(room: u64, sent: u64, read: Option<u64>) -> Option<String> {
    const ADVICE: &str = "Set num_ctx among the model's options, or OLLAMA_CONTEXT_LENGTH where Ollama runs, to a larger number.";
    if let Some(read) = read.filter(|read| *read >= room) {
        return Some(format!(
            "The prompt of {} tokens filled all the room that Ollama made for this model ({}), so its beginning may have been left out. {ADVICE}",
            grouped(read),
            grouped(room)
        ));
    }
    // An estimate alone is not trusted where the count comes near it: then all of it was read.
    let is_cut =
        sent > room && read.is_none_or(|read| read.saturating_mul(4) < sent.saturating_mul(3));
    if !is_cut {
        return None;
    }
    let read = match read {
        Some(read) => format!("it read {}", grouped(read)),
        None => "it read no more than that".to_owned(),
    };
    Some(format!(
        "Ollama made room for {} tokens and about {} were sent: {read}, and left the oldest turns out. {ADVICE}",
        grouped(room),
        grouped(sent)
    ))
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use patchbay_domain::{ChatMessage, FinishReason, RawUsage, Role, Usage};

    use super::*;

    #[test]
    fn a_prompt_larger_than_the_room_is_told_with_numbers() {
        let said = warning(4_096, 12_000, Some(3_500)).unwrap();
        for number in ["4,096", "12,000", "3,500", "num_ctx"] {
            assert!(said.contains(number), "{said}");
        }
        assert!(warning(4_096, 12_000, None).is_some());
        assert!(
            warning(4_096, 3_000, Some(4_096))
                .unwrap()
                .contains("4,096")
        );
    }

    #[test]
    fn a_prompt_that_was_read_whole_is_not_complained_about() {
        assert_eq!(warning(4_096, 3_000, Some(2_800)), None);
        assert_eq!(warning(4_096, 3_000, None), None);
        assert_eq!(warning(4_096, 5_000, Some(4_000)), None, "a bad estimate");
        assert_eq!(warning(131_072, 12_000, Some(12_500)), None);
    }

    #[test]
    fn the_room_is_read_from_a_model_file() {
        assert_eq!(
            file_room("stop   \"<|a|>\"\nnum_ctx    8192\ntop_p 0.9"),
            Some(8_192)
        );
        assert_eq!(file_room("num_ctxx 1\nnum_ctx zero"), None);
        assert_eq!(file_room(""), None);
    }

    #[test]
    fn names_without_a_tag_mean_the_latest() {
        assert_eq!(full_name("Llama3.2"), full_name("llama3.2:latest"));
        assert_ne!(full_name("llama3.2:1b"), full_name("llama3.2"));
        assert_eq!(full_name("host:5000/a/b"), "host:5000/a/b:latest");
    }

    #[test]
    fn words_are_estimated_and_pictures_are_not() {
        let request = ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "x".repeat(4_000)),
                ChatMessage::text(Role::User, "字".repeat(100)),
            ],
            ..ChatRequest::default()
        };
        assert_eq!(estimated_tokens(&request), 1_050);
    }

    fn answer() -> EventStream {
        let usage = Usage {
            input: 100,
            output: 1,
            ..Usage::default()
        };
        stream::iter([
            Ok(StreamEvent::Finished {
                reason: FinishReason::Stop,
            }),
            Ok(StreamEvent::Usage {
                usage,
                raw: RawUsage("{}".to_owned()),
                reported_cost: None,
                service_tier: None,
            }),
        ])
        .boxed()
    }

    async fn warned(
        stream: EventStream,
        room: impl Future<Output = Option<u64>> + Send + 'static,
        patience: Duration,
    ) -> bool {
        let stream = watched_by(stream, room.boxed(), 5_000, patience);
        let events: Vec<_> = stream.collect().await;
        let is_warning = matches!(events.first(), Some(Ok(StreamEvent::Warning { .. })));
        assert!(events.len() != 1, "the end itself is kept");
        is_warning
    }

    #[tokio::test]
    async fn a_server_that_does_not_say_fails_nothing() {
        assert!(!warned(answer(), futures::future::pending(), Duration::ZERO).await);
        assert!(!warned(answer(), async { None }, PATIENCE).await);
        let cut = stream::empty().boxed();
        assert!(!warned(cut, async { Some(1) }, PATIENCE).await);
    }

    #[tokio::test]
    async fn what_the_server_says_is_used_whenever_it_comes() {
        assert!(warned(answer(), async { Some(2_048) }, PATIENCE).await);
        let late = async {
            tokio::task::yield_now().await;
            Some(2_048)
        };
        assert!(warned(answer(), late, PATIENCE).await);
        // The answer takes its time, and the room is known before it begins.
        let slow = stream::once(tokio::task::yield_now())
            .flat_map(|()| answer())
            .boxed();
        assert!(warned(slow, async { Some(2_048) }, Duration::ZERO).await);
    }
}
