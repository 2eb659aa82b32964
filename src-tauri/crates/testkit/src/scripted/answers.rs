//! Answers that are whole, or stop where their name says.

use std::time::Duration;

use serde_json::Value;

use super::oddities;
use super::request::RecordedRequest;
use super::script::{ChunkWriter, Script, Step, done, usage};
use super::texts;

const SLOW: Duration = Duration::from_secs(20);
const STALL: Duration = Duration::from_secs(30);

/// What one model says to one request.
pub(super) struct Answer<'a> {
    pub(super) request: &'a RecordedRequest,
    pub(super) chunks: ChunkWriter,
}

impl Answer<'_> {
    /// The answer of this model; `None` where there is no such model.
    pub(super) fn script(&self, name: &str) -> Option<Script> {
        let numbered = |prefix: &str| name.strip_prefix(prefix)?.parse::<usize>().ok();
        if let Some(count) = numbered("count-to-") {
            return Some(self.complete(&numbers(count)));
        }
        if let Some(count) = numbered("tokens-") {
            return Some(self.complete(&filler(count)));
        }
        if let Some(count) = numbered("markdown-") {
            return Some(self.complete(&long_markdown(count)));
        }
        if let Some(count) = numbered("cut-after-") {
            return Some(self.partial(count, vec![Step::Cut]));
        }
        if let Some(count) = numbered("end-after-") {
            return Some(self.partial(count, vec![]));
        }
        if let Some(count) = numbered("stall-after-") {
            return Some(self.partial(count, vec![Step::Silence(STALL), Step::Cut]));
        }
        Some(match name {
            "echo" => self.complete(&words(&self.request.last_message().1)),
            "markdown" => self.complete(&words(texts::MARKDOWN)),
            "hostile-html" => self.complete(&words(texts::HOSTILE)),
            "unicode" => byte_by_byte(self.complete(&words(texts::UNICODE))),
            "drip" => self.drip(),
            "not-streamed" => Script::json(200, &self.whole(&words(texts::ANSWER))),
            "empty-body" => Script::stream(vec![]),
            "slow-first-token" => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.insert(0, Step::Silence(SLOW));
                script
            }
            "keeps-open" => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.push(Step::Silence(STALL));
                script
            }
            "no-done" if self.request.wants_stream() => {
                let mut script = self.complete(&words(texts::ANSWER));
                script.steps.pop();
                script
            }
            "no-done"
            | "reset-then-ok"
            | "answer"
            | "slow-headers"
            | "429-then-ok"
            | "429-retry-after"
            | "429-in-body"
            | "500-then-ok"
            | "503-until-recovered"
            | "refuses-prefill"
            | "no-stream-options"
            | "max-completion-tokens-only" => self.complete(&words(texts::ANSWER)),
            other => return oddities::script(self, other),
        })
    }

    /// A whole answer, streamed or not, as the request asks.
    fn complete(&self, tokens: &[String]) -> Script {
        if !self.request.wants_stream() {
            return Script::json(200, &self.whole(tokens));
        }
        let chunks = &self.chunks;
        let mut steps = vec![chunks.role()];
        for token in tokens {
            steps.push(Step::Tick);
            steps.push(chunks.text(token));
        }
        steps.push(chunks.finish("stop"));
        if self.request.wants_usage() {
            steps.push(chunks.usage(&usage(self.request.prompt_tokens(), tokens.len())));
        }
        steps.push(done());
        Script::stream(steps)
    }

    fn whole(&self, tokens: &[String]) -> Value {
        let usage = usage(self.request.prompt_tokens(), tokens.len());
        self.chunks.whole(&tokens.concat(), &usage)
    }

    fn partial(&self, sent: usize, after: Vec<Step>) -> Script {
        let mut steps = vec![self.chunks.role()];
        for token in numbers(sent + 20).iter().take(sent) {
            steps.push(Step::Tick);
            steps.push(self.chunks.text(token));
        }
        steps.extend(after);
        Script::stream(steps)
    }

    fn drip(&self) -> Script {
        let mut script = self.complete(&numbers(20));
        for step in &mut script.steps {
            if matches!(step, Step::Tick) {
                *step = Step::Gate;
            }
        }
        script
    }
}

fn byte_by_byte(mut script: Script) -> Script {
    let steps = std::mem::take(&mut script.steps);
    for step in steps {
        match step {
            Step::Send(bytes) => script
                .steps
                .extend((0..bytes.len()).map(|at| Step::Send(bytes.slice(at..=at)))),
            other => script.steps.push(other),
        }
    }
    script
}

/// `1 `, `2 ` and so on; the last one without its space.
pub(super) fn numbers(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| {
            if number == count {
                number.to_string()
            } else {
                format!("{number} ")
            }
        })
        .collect()
}

fn filler(count: usize) -> Vec<String> {
    const WORDS: [&str; 8] = [
        "cable ", "jack ", "signal ", "panel ", "plug ", "bus ", "patch ", "tone.\n",
    ];
    (0..count)
        .map(|at| WORDS[at % WORDS.len()].to_owned())
        .collect()
}

fn long_markdown(count: usize) -> Vec<String> {
    let once = words(texts::MARKDOWN);
    // A blank line, so that the last paragraph and the next heading stay apart.
    let again = once.into_iter().chain(["\n".to_owned()]);
    again.cycle().take(count).collect()
}

/// The text in pieces that each end with their white space.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_inclusive(char::is_whitespace)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_nothing() {
        for text in [texts::MARKDOWN, texts::HOSTILE, texts::UNICODE] {
            assert_eq!(words(text).concat(), text);
        }
    }
}
