//! Answers that are whole, or stop where their name says.

use std::time::Duration;

use patchbay_domain::WireFamily;

use super::oddities;
use super::request::RecordedRequest;
use super::routes::Dialect;
use super::said::{Counts, Finish, Plan, Said};
use super::script::Step;
use super::texts;
use super::timed;

const SLOW: Duration = Duration::from_secs(20);
const STALL: Duration = Duration::from_secs(30);

/// What one model says to one request.
pub(super) struct Answer<'a> {
    pub(super) request: &'a RecordedRequest,
    pub(super) family: WireFamily,
    pub(super) dialect: Dialect,
}

impl Answer<'_> {
    /// The answer of this model; `None` where there is no such model.
    pub(super) fn plan(&self, name: &str) -> Option<Plan> {
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
            return Some(self.partial(count, &[Step::Cut]));
        }
        if let Some(count) = numbered("end-after-") {
            return Some(self.partial(count, &[]));
        }
        if let Some(count) = numbered("stall-after-") {
            return Some(self.partial(count, &[Step::Silence(STALL), Step::Cut]));
        }
        if let Some((count, silence)) = timed::stall(name) {
            return Some(self.partial(count, &[Step::Sleep(silence), Step::Cut]));
        }
        if let Some(wait) = timed::first_token_after(name) {
            let mut plan = self.complete(&words(texts::ANSWER));
            plan.said.insert(0, Said::Do(Step::Sleep(wait)));
            return Some(plan);
        }
        if let Some(count) = numbered("continues-to-") {
            return Some(self.continued(&numbers(count)));
        }
        if timed::answers(name) || numbered("context-of-").is_some() {
            return Some(self.complete(&words(texts::ANSWER)));
        }
        let mut plan = match name {
            "continues" => self.continued(&words(texts::ANSWER)),
            "echo" => self.complete(&words(&self.request.last_message().1)),
            "markdown" => self.complete(&words(texts::MARKDOWN)),
            "hostile-html" => self.complete(&words(texts::HOSTILE)),
            "unicode" => self.complete(&words(texts::UNICODE)),
            "drip" => self.complete(&numbers(20)),
            "empty-body" => Plan::new(vec![], Counts::default()),
            "not-streamed"
            | "slow-first-token"
            | "keeps-open"
            | "no-done"
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
            | "max-completion-tokens-only" => self.answer(),
            other => return oddities::plan(self, other),
        };
        match name {
            "unicode" => plan.is_byte_by_byte = true,
            "not-streamed" => plan.is_whole = true,
            "slow-first-token" => plan.said.insert(0, Said::Do(Step::Silence(SLOW))),
            "keeps-open" => plan.said.push(Said::Do(Step::Silence(STALL))),
            "no-done" => plan.said.retain(|said| !matches!(said, Said::End)),
            "drip" => {
                for said in &mut plan.said {
                    if matches!(said, Said::Do(Step::Tick)) {
                        *said = Said::Do(Step::Gate);
                    }
                }
            }
            _ => {}
        }
        Some(plan)
    }

    pub(super) fn counts(&self, output: usize) -> Counts {
        Counts {
            input: self.request.prompt_tokens(),
            output,
            ..Counts::default()
        }
    }

    fn complete(&self, tokens: &[String]) -> Plan {
        let mut said = vec![Said::Start];
        said.extend(speak(tokens));
        said.extend([Said::Finish(Finish::Stop), Said::End]);
        Plan::new(said, self.counts(tokens.len()))
    }

    /// The usual answer, or its rest where the request ends with its first half.
    fn answer(&self) -> Plan {
        let tokens = words(texts::ANSWER);
        let half = self.request.half_answer(self.dialect);
        let is_its_own = half.is_some_and(|half| {
            let half = half.text.trim_end();
            !half.is_empty() && texts::ANSWER.starts_with(half)
        });
        if is_its_own {
            self.continued(&tokens)
        } else {
            self.complete(&tokens)
        }
    }

    /// What follows the half answer that the request ends with, where it ends with one; else all.
    fn continued(&self, tokens: &[String]) -> Plan {
        let Some(half) = self.request.half_answer(self.dialect) else {
            return self.complete(tokens);
        };
        let whole = tokens.concat();
        let rest = whole.strip_prefix(half.text.trim_end());
        let mut said = words(rest.unwrap_or(" and so on."));
        if half.is_repeated {
            said.insert(0, half.text);
        }
        self.complete(&said)
    }

    fn partial(&self, sent: usize, after: &[Step]) -> Plan {
        let tokens = numbers(sent + 20)[..sent].to_vec();
        let half = self.request.half_answer(self.dialect);
        // Asked to go on with its own half, it breaks at the same place, so that nothing is left.
        let tokens = half
            .and_then(|half| Some(words(tokens.concat().strip_prefix(half.text.trim_end())?)))
            .unwrap_or(tokens);
        let mut said = vec![Said::Start];
        said.extend(speak(&tokens));
        said.extend(after.iter().cloned().map(Said::Do));
        Plan::new(said, self.counts(sent))
    }
}

/// One beat before each token.
pub(super) fn speak(tokens: &[String]) -> Vec<Said> {
    let beat = |token: &String| [Said::Do(Step::Tick), Said::Text(token.clone())];
    tokens.iter().flat_map(beat).collect()
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
