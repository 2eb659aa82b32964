//! Streams with something odd in them: dialects, and faults in the middle of a good reply.

use bytes::Bytes;
use serde_json::json;

use super::answers::{Answer, numbers, words};
use super::script::{Script, Step, done, event, usage};
use super::texts;

const LONG_LINE_BYTES: usize = 10_000_000;

/// The stream of this model; `None` where there is no such model.
pub(super) fn script(answer: &Answer<'_>, name: &str) -> Option<Script> {
    let chunks = &answer.chunks;
    let prompt = answer.request.prompt_tokens();
    let text = |count| numbers(count).into_iter().map(|token| chunks.text(&token));
    let raw = |bytes: &'static [u8]| Step::Send(Bytes::from_static(bytes));
    let mut steps = vec![chunks.role()];
    match name {
        "reasoning" | "reasoning-only" => {
            let thinking = words(texts::THINKING);
            for token in &thinking {
                let delta = json!({ "reasoning_content": token, "content": null });
                steps.push(Step::Send(event(&chunks.delta(&delta, None))));
                steps.push(Step::Tick);
            }
            let said = if name == "reasoning" {
                words(texts::ANSWER)
            } else {
                vec![]
            };
            steps.extend(said.iter().map(|token| chunks.text(token)));
            steps.push(chunks.finish("stop"));
            let mut usage = usage(prompt, thinking.len() + said.len());
            usage["completion_tokens_details"] = json!({ "reasoning_tokens": thinking.len() });
            steps.push(chunks.usage(&usage));
        }
        "usage-cached" => {
            steps.extend(text(5));
            steps.push(chunks.finish("stop"));
            let mut usage = usage(1_000, 5);
            usage["prompt_tokens_details"] = json!({ "cached_tokens": 900 });
            steps.push(chunks.usage(&usage));
        }
        "usage-cumulative" => {
            for (count, token) in numbers(5).into_iter().enumerate() {
                let mut chunk = chunks.delta(&json!({ "content": token }), None);
                chunk["usage"] = usage(prompt, count + 1);
                steps.push(Step::Send(event(&chunk)));
            }
            let mut last = chunks.delta(&json!({}), Some("stop"));
            last["usage"] = usage(prompt, 5);
            steps.push(Step::Send(event(&last)));
        }
        "cost" => {
            steps = vec![raw(b": OPENROUTER PROCESSING\n\n")];
            for token in numbers(5) {
                let mut chunk = chunks.delta(&json!({ "content": token }), None);
                chunk["provider"] = json!("DeepInfra");
                steps.push(Step::Send(event(&chunk)));
            }
            steps.push(chunks.finish("stop"));
            let mut usage = usage(20, 5);
            usage["cost"] = json!(0.000_123_4);
            steps.push(chunks.usage(&usage));
        }
        "tool-call" => {
            let call = json!({ "tool_calls": [{
                "index": 0, "id": "call-1", "type": "function",
                "function": { "name": "look_up", "arguments": "{\"word\":\"patch\"}" },
            }]});
            steps.push(Step::Send(event(&chunks.delta(&call, None))));
            steps.push(chunks.finish("tool_calls"));
            steps.push(chunks.usage(&usage(prompt, 9)));
        }
        "content-filter" | "length" => {
            steps.extend(text(10));
            steps.push(chunks.finish(&name.replace('-', "_")));
            steps.push(chunks.usage(&usage(prompt, 10)));
        }
        "not-json-event" => {
            steps.extend(text(10));
            steps.push(raw(
                b"data: {\"id\":\"chatcmpl-scripted-1\",\"choices\":[{\"ind\n\n",
            ));
            steps.push(chunks.text("11"));
            steps.push(chunks.finish("stop"));
            steps.push(chunks.usage(&usage(prompt, 11)));
        }
        "invalid-utf8" => {
            steps.extend(text(3));
            steps.push(raw(
                b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\xff\xfeb \"}}]}\n\n",
            ));
            steps.push(chunks.text("end"));
            steps.push(chunks.finish("stop"));
            steps.push(chunks.usage(&usage(prompt, 5)));
        }
        "long-line" => {
            steps.push(raw(
                b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
            ));
            let piece = Bytes::from(vec![b'x'; 100_000]);
            let count = LONG_LINE_BYTES / piece.len();
            steps.extend(std::iter::repeat_n(Step::Send(piece), count));
            steps.push(raw(b"\"}}]}\n\n"));
            steps.push(chunks.finish("stop"));
        }
        "endless" => {
            let token = event(&chunks.delta(&json!({ "content": "again " }), None));
            steps.push(Step::RepeatForEver(token));
            return Some(Script::stream(steps));
        }
        "endless-large" => {
            let token = event(&chunks.delta(&json!({ "content": "again ".repeat(1_000) }), None));
            steps.push(Step::RepeatForEver(token));
            return Some(Script::stream(steps));
        }
        "empty-stop" => {
            let mut last = chunks.delta(&json!({ "content": "" }), Some("stop"));
            last["choices"][0]["native_finish_reason"] = json!("error");
            steps.push(Step::Send(event(&last)));
        }
        "error-in-stream" => {
            steps.extend(text(10));
            let error = json!({ "error": {
                "code": "server_error", "message": "Provider disconnected unexpectedly",
            }});
            steps.push(Step::Send(event(&error)));
        }
        "error-first" => {
            let error = json!({ "error": {
                "code": 429, "message": "Rate limit exceeded upstream", "metadata": { "provider_name": "Acme" },
            }});
            steps = vec![Step::Send(event(&error))];
        }
        "no-choices" => {
            steps = vec![
                    raw(b"data: {\"id\":\"chatcmpl-scripted-1\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"),
                    raw(b"data: {\"id\":\"chatcmpl-scripted-1\"}\n\n"),
                    raw(b"data: {\"choices\":null}\n\n"),
                ];
            steps.extend(text(3));
            steps.push(chunks.finish("stop"));
            steps.push(raw(
                b"data: {\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3}}\n\n",
            ));
        }
        _ => return None,
    }
    steps.push(done());
    Some(Script::stream(steps))
}
