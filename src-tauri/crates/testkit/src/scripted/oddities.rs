//! Answers with something odd in them: dialects, and faults in the middle of a good reply.

use patchbay_domain::WireFamily;

use super::answers::{Answer, numbers, speak, words};
use super::routes::Dialect;
use super::said::{Counts, Failure, Finish, Plan, Said, Told};
use super::script::Step;
use super::texts;

/// The answer of this model; `None` where there is no such model.
pub(super) fn plan(answer: &Answer<'_>, name: &str) -> Option<Plan> {
    let mut said = vec![Said::Start];
    let mut counts = answer.counts(0);
    let mut told = Told::Always;
    let mut finish = Some(Finish::Stop);
    match name {
        "reasoning" | "reasoning-only" => {
            let thinking = words(texts::THINKING);
            for token in &thinking {
                said.extend([Said::Thought(token.clone()), Said::Do(Step::Tick)]);
            }
            counts.reasoning = thinking.len();
            if name == "reasoning" {
                let answer = words(texts::ANSWER);
                said.extend(speak(&answer));
                counts.output = answer.len();
            }
        }
        "usage-cached" => {
            said.extend(speak(&numbers(5)));
            counts = cached(answer.family, answer.dialect);
        }
        "usage-media" => {
            said.extend(speak(&numbers(5)));
            counts = Counts {
                input: 600,
                audio_input: 300,
                image_input: 100,
                output: 5,
                audio_output: 40,
                ..Counts::default()
            };
        }
        "usage-cumulative" => {
            said.extend(speak(&numbers(5)));
            counts.output = 5;
            told = Told::Growing;
        }
        "cost" => {
            said.extend(speak(&numbers(5)));
            counts.output = 5;
            counts.input = 20;
            counts.cost = Some("0.0001234".to_owned());
        }
        "tool-call" => {
            said.push(Said::ToolCall);
            counts.output = 9;
            finish = Some(Finish::ToolCalls);
        }
        "content-filter" => {
            said.extend(speak(&numbers(10)));
            counts.output = 10;
            finish = Some(Finish::ContentFilter);
        }
        "length" => {
            said.extend(speak(&numbers(10)));
            counts.output = 10;
            finish = Some(Finish::Length);
        }
        "not-json-event" => {
            said.extend(speak(&numbers(10)));
            said.extend([Said::NotJson, Said::Text("11".to_owned())]);
            counts.output = 11;
        }
        "invalid-utf8" => {
            said.extend(speak(&numbers(3)));
            said.extend([Said::BrokenText, Said::Text("end".to_owned())]);
            counts.output = 5;
        }
        "long-line" => {
            said.push(Said::LongText);
            counts.output = 1;
            told = Told::Never;
        }
        "endless" => said.push(Said::Again("again ".to_owned())),
        "endless-large" => said.push(Said::Again("again ".repeat(1_000))),
        "empty-stop" => {
            finish = Some(Finish::Dead);
            told = Told::Never;
        }
        "error-in-stream" => {
            said.extend(speak(&numbers(10)));
            said.push(Said::Failure(Failure::Internal));
            finish = None;
        }
        "error-first" => {
            // A response is there before its error; everywhere else the error is all there is.
            if answer.family != WireFamily::OpenAiResponses {
                said.clear();
            }
            said.push(Said::Failure(Failure::RateLimited));
            finish = None;
        }
        "error-after-start" => {
            said.push(Said::Failure(Failure::Internal));
            finish = None;
        }
        "tool-calls-no-index" | "tool-calls-same-index" => {
            said.push(Said::OddToolCalls {
                has_index: name == "tool-calls-same-index",
            });
            counts.output = 18;
            finish = Some(Finish::ToolCalls);
        }
        "no-choices" => {
            said.push(Said::Hollow);
            said.extend(speak(&numbers(3)));
            counts.output = 3;
            told = Told::Alone;
        }
        // What Gemini does where others refuse.
        "content-policy" => {
            said.clear();
            finish = Some(Finish::Blocked);
        }
        _ => return None,
    }
    said.extend(finish.map(Said::Finish));
    said.push(Said::End);
    Some(Plan::new(said, counts).told(told))
}

/// A prompt of 1,000 tokens, most of them from the cache; with writes where the family tells them.
fn cached(family: WireFamily, dialect: Dialect) -> Counts {
    let (cache_read, cache_write, cache_write_long) = match family {
        WireFamily::AnthropicMessages => (700, 150, 50),
        WireFamily::OpenAiChat if dialect == Dialect::OpenRouter => (850, 50, 0),
        WireFamily::Ollama => (0, 0, 0),
        _ => (900, 0, 0),
    };
    Counts {
        input: 1_000 - cache_read - cache_write - cache_write_long,
        cache_read,
        cache_write,
        cache_write_long,
        output: 5,
        ..Counts::default()
    }
}
