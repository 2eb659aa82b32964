//! What the first stand-in does, fault by fault.

use super::world::{Act, Reply};
use crate::failure::{Failure, FailureClass};
use crate::stream::{FinishReason, StreamEvent};
use crate::usage::{RawUsage, Usage};

/// Tokens of a whole answer.
pub(super) const TOKENS: u64 = 60;

/// Tokens after which a stream breaks.
const HALF: u64 = 40;

/// When the second provider accepts a request, and the first token comes.
const OPENS_AFTER_MILLIS: u64 = 40;
const FIRST_TOKEN_AFTER_MILLIS: u64 = 120;
const TOKEN_EVERY_MILLIS: u64 = 10;

/// One row of the wall.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// 1 to 16.
    pub number: u32,
    /// What the provider does.
    pub title: &'static str,
    /// What a route should do.
    pub wanted: &'static str,
}

/// The sixteen, in their order.
pub const FAULTS: [Fault; 16] = [
    Fault {
        number: 1,
        title: "Too many requests once, wait 2 s",
        wanted: "Wait that long and ask again, or go elsewhere; never hammer.",
    },
    Fault {
        number: 2,
        title: "Too many requests, for ever",
        wanted: "Back off, then go elsewhere: at most 4 requests in 3 s and 6 in all.",
    },
    Fault {
        number: 3,
        title: "One error of its own (500), then healthy",
        wanted: "Ask once more at the same place.",
    },
    Fault {
        number: 4,
        title: "Out of service (503), for ever",
        wanted: "Go elsewhere after few retries.",
    },
    Fault {
        number: 5,
        title: "The connection breaks before any byte, once",
        wanted: "Ask again or go elsewhere.",
    },
    Fault {
        number: 6,
        title: "Takes the request and never answers",
        wanted: "End the wait, do not ask it again, go elsewhere.",
    },
    Fault {
        number: 7,
        title: "First token after 20 s",
        wanted: "Go elsewhere in time: the whole answer within 15 s.",
    },
    Fault {
        number: 8,
        title: "The stream dies after 40 of 60 tokens",
        wanted: "The whole answer from elsewhere, or a clear error; never a short success.",
    },
    Fault {
        number: 9,
        title: "Silence for 30 s after 20 tokens",
        wanted: "Notice in time and recover.",
    },
    Fault {
        number: 10,
        title: "One event of the stream is not JSON",
        wanted: "Skip it or recover; nothing half leaks.",
    },
    Fault {
        number: 11,
        title: "A whole stream without its end mark",
        wanted: "Finish at once, with the token counts.",
    },
    Fault {
        number: 12,
        title: "The prompt is too long for the model",
        wanted: "Never the same model again; one with more room answers.",
    },
    Fault {
        number: 13,
        title: "The content policy refuses",
        wanted: "Never the same model again; the provider's reason is told.",
    },
    Fault {
        number: 14,
        title: "The stream dies, and the next one refuses to go on with half an answer",
        wanted: "Begin again there; the refusal is never the error.",
    },
    Fault {
        number: 15,
        title: "Out of service for 60 s, twenty requests",
        wanted: "Leave it alone, answer from elsewhere, return within 30 s of recovery.",
    },
    Fault {
        number: 16,
        title: "Out of service, the other one answers",
        wanted: "Show who answered and what it counted; the failures cost nothing.",
    },
];

pub(super) fn token(number: u64) -> String {
    format!("token{number} ")
}

/// What a whole answer says.
pub(super) fn whole() -> String {
    (0..TOKENS).map(token).collect()
}

fn act(after_millis: u64, reply: Reply) -> Act {
    Act {
        after_millis,
        reply,
    }
}

fn event(after_millis: u64, event: StreamEvent) -> Act {
    act(after_millis, Reply::Event(event))
}

fn tokens(from: u64, until: u64, first_after: u64) -> Vec<Act> {
    (from..until)
        .map(|number| {
            let after = first_after + (number - from) * TOKEN_EVERY_MILLIS;
            let text = token(number);
            event(after, StreamEvent::Text { text })
        })
        .collect()
}

/// Finish reason, token counts and, where there is one, the end.
fn ending(after_millis: u64, output: u64) -> [Act; 3] {
    let usage = Usage {
        input: 12,
        output,
        ..Usage::ZERO
    };
    [
        event(
            after_millis,
            StreamEvent::Finished {
                reason: FinishReason::Stop,
            },
        ),
        event(
            after_millis,
            StreamEvent::Usage {
                usage,
                raw: RawUsage(format!("{{\"completion_tokens\":{output}}}")),
                reported_cost: None,
                service_tier: None,
            },
        ),
        act(after_millis, Reply::End),
    ]
}

fn started(model: &str) -> Act {
    event(
        OPENS_AFTER_MILLIS,
        StreamEvent::Started {
            request_id: None,
            model: Some(model.to_owned()),
            served_by: None,
        },
    )
}

/// A whole answer, or its rest where it goes on with a half one.
pub(super) fn healthy(model: &str, continues: Option<&str>) -> Vec<Act> {
    healthy_after(model, continues, FIRST_TOKEN_AFTER_MILLIS)
}

fn healthy_after(model: &str, continues: Option<&str>, first_after: u64) -> Vec<Act> {
    let from = continues.map_or(0, |half| {
        u64::try_from(half.split_whitespace().count()).unwrap_or(0)
    });
    let mut acts = vec![act(OPENS_AFTER_MILLIS, Reply::Open), started(model)];
    acts.extend(tokens(from, TOKENS, first_after));
    let last = first_after + TOKENS.saturating_sub(from) * TOKEN_EVERY_MILLIS;
    acts.extend(ending(last, TOKENS - from.min(TOKENS)));
    acts
}

fn refusal(class: FailureClass, status: u16, code: Option<&str>, words: &str) -> Vec<Act> {
    let failure = Failure {
        status: Some(status),
        code: code.map(str::to_owned),
        ..Failure::new(class, words)
    };
    vec![act(OPENS_AFTER_MILLIS, Reply::Fail(failure))]
}

/// The words of the policy's refusal, which have to reach the person.
pub(super) const POLICY_WORDS: &str = "This request was refused by our content policy.";

/// What the first provider does when it is asked for the `earlier`-th time after the first.
pub(super) fn first(number: u32, earlier: u32, now: u64, continues: Option<&str>) -> Vec<Act> {
    let opened = || vec![act(OPENS_AFTER_MILLIS, Reply::Open), started("first")];
    let unavailable = || {
        refusal(
            FailureClass::Overloaded,
            503,
            None,
            "The service is unavailable.",
        )
    };
    match number {
        1 if earlier == 0 => {
            let failure = Failure {
                status: Some(429),
                retry_after_millis: Some(2_000),
                ..Failure::new(FailureClass::RateLimited, "Too many requests.")
            };
            vec![act(OPENS_AFTER_MILLIS, Reply::Fail(failure))]
        }
        2 => refusal(FailureClass::RateLimited, 429, None, "Too many requests."),
        3 if earlier == 0 => refusal(FailureClass::ServerError, 500, None, "Internal error."),
        4 | 16 => unavailable(),
        5 if earlier == 0 => {
            let failure = Failure::new(FailureClass::ConnectionLost, "connection reset");
            vec![act(OPENS_AFTER_MILLIS, Reply::Fail(failure))]
        }
        6 => Vec::new(),
        7 => healthy_after("first", continues, 20_000),
        8 | 14 => {
            let mut acts = opened();
            acts.extend(tokens(0, HALF, FIRST_TOKEN_AFTER_MILLIS));
            let last = FIRST_TOKEN_AFTER_MILLIS + HALF * TOKEN_EVERY_MILLIS;
            acts.push(act(last, Reply::End));
            acts
        }
        9 => {
            let mut acts = opened();
            acts.extend(tokens(0, 20, FIRST_TOKEN_AFTER_MILLIS));
            acts.push(act(FIRST_TOKEN_AFTER_MILLIS + 30_200, Reply::End));
            acts
        }
        10 => {
            let mut acts = healthy("first", continues);
            let at = FIRST_TOKEN_AFTER_MILLIS + 20 * TOKEN_EVERY_MILLIS + 5;
            let broken = StreamEvent::Malformed {
                reason: "expected value at line 1 column 1".to_owned(),
            };
            acts.push(event(at, broken));
            acts
        }
        11 => {
            let mut acts = healthy("first", continues);
            // The connection stays open: nothing but the counts says that it is over.
            acts.pop();
            acts
        }
        12 => refusal(
            FailureClass::ContextTooLong,
            400,
            Some("context_length_exceeded"),
            "This model's maximum context length is 8192 tokens.",
        ),
        13 => refusal(
            FailureClass::ContentFiltered,
            400,
            Some("content_policy_violation"),
            POLICY_WORDS,
        ),
        15 if now < 60_000 => unavailable(),
        _ => healthy("first", continues),
    }
}

/// What the second provider does: it answers, but for the one fault that it has of its own.
pub(super) fn second(number: u32, continues: Option<&str>) -> Vec<Act> {
    if number == 14 && continues.is_some() {
        return refusal(
            FailureClass::InvalidRequest,
            400,
            None,
            "This model does not support assistant message prefill.",
        );
    }
    healthy("second", continues)
}
