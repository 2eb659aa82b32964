//! Names with a time or a count in them, so that a fault can be as short as a test wants it.
//!
//! Times are real ones, whatever the pace: `503-for-300ms` is over 300 ms after the first request for
//! that name, and `first-token-after-50ms` waits so long in each answer.

use std::time::Duration;

use super::families::{Kind, Refusal};
use super::models::Circumstances;

/// The longest time that a name may ask for.
const LONGEST: Duration = Duration::from_secs(120);

/// How long a fault lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span {
    Requests(usize),
    Time(Duration),
}

impl Span {
    /// `300ms` or `3-requests`.
    fn read(text: &str) -> Option<Self> {
        match text.strip_suffix("-requests") {
            Some(count) => count.parse().ok().map(Self::Requests),
            None => millis(text).map(Self::Time),
        }
    }

    /// How much of it is left, where it is not over. Of requests nobody can tell.
    fn left(self, circumstances: &Circumstances<'_>) -> Option<Option<Duration>> {
        match self {
            Self::Requests(count) => (circumstances.earlier < count).then_some(None),
            Self::Time(time) => {
                let left = time.checked_sub(circumstances.since_first)?;
                (!left.is_zero()).then_some(Some(left))
            }
        }
    }
}

/// How this name turns the request down, as long as it does.
pub(super) fn refusal(name: &str, circumstances: &Circumstances<'_>) -> Option<Refusal> {
    if let Some(delay) = name.strip_prefix("429-retry-after-").and_then(millis) {
        return (circumstances.earlier == 0).then(|| Refusal {
            retry_after_millis: Some(delay),
            ..limited()
        });
    }
    if let Some(span) = name.strip_prefix("spent-for-").and_then(Span::read) {
        return span.left(circumstances).map(|left| Refusal {
            spent_for: Some(left.unwrap_or(Duration::from_secs(60))),
            ..limited()
        });
    }
    let (status, span) = name.split_once("-for-")?;
    Span::read(span)?.left(circumstances)?;
    match status {
        "429" => Some(limited()),
        "500" => Some(Refusal::new(
            500,
            Kind::Internal,
            "The server had an error.",
        )),
        "503" => Some(Refusal::new(
            503,
            Kind::Overloaded,
            "The engine is overloaded.",
        )),
        "529" => Some(Refusal::new(529, Kind::Overloaded, "Overloaded")),
        _ => None,
    }
}

/// Whether the name is one of those that answer once their fault is over.
pub(super) fn answers(name: &str) -> bool {
    let spanned = name.split_once("-for-").is_some_and(|(what, span)| {
        ["429", "500", "503", "529", "spent"].contains(&what) && Span::read(span).is_some()
    });
    let delayed = name.strip_prefix("429-retry-after-").and_then(millis);
    spanned || delayed.is_some() || headers_after(name).is_some()
}

/// The wait before the headers.
pub(super) fn headers_after(name: &str) -> Option<Duration> {
    millis(name.strip_prefix("headers-after-")?)
}

/// The wait between the headers and the first token.
pub(super) fn first_token_after(name: &str) -> Option<Duration> {
    millis(name.strip_prefix("first-token-after-")?)
}

/// After how many tokens there is silence, and for how long.
pub(super) fn stall(name: &str) -> Option<(usize, Duration)> {
    let (count, silence) = name.strip_prefix("stall-after-")?.split_once("-for-")?;
    Some((count.parse().ok()?, millis(silence)?))
}

fn limited() -> Refusal {
    Refusal::new(429, Kind::RateLimited, "Too many requests.")
}

fn millis(text: &str) -> Option<Duration> {
    let millis = text.strip_suffix("ms")?.parse().ok()?;
    Some(Duration::from_millis(millis).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(earlier: usize, millis: u64) -> Circumstances<'static> {
        Circumstances {
            earlier,
            since_first: Duration::from_millis(millis),
            has_recovered: false,
            redirect_to: String::new(),
            models: &[],
        }
    }

    #[test]
    fn a_fault_ends_after_its_time_or_its_requests() {
        let status = |name: &str, earlier, millis| {
            assert!(answers(name), "{name}");
            refusal(name, &after(earlier, millis)).map(|refusal| refusal.status)
        };
        assert_eq!(status("503-for-300ms", 9, 299), Some(503));
        assert_eq!(status("503-for-300ms", 9, 300), None);
        assert_eq!(status("500-for-2-requests", 1, 9_999), Some(500));
        assert_eq!(status("500-for-2-requests", 2, 0), None);
        assert_eq!(status("429-retry-after-50ms", 0, 0), Some(429));
        assert_eq!(status("429-retry-after-50ms", 1, 0), None);
        let spent = refusal("spent-for-500ms", &after(3, 100)).unwrap();
        assert_eq!(spent.spent_for, Some(Duration::from_millis(400)));
        for name in [
            "503-for-ever",
            "503-for-300",
            "418-for-3ms",
            "429-retry-after-",
        ] {
            assert!(!answers(name), "{name}");
        }
    }

    #[test]
    fn waits_stand_in_the_name() {
        let ms = Duration::from_millis;
        assert_eq!(first_token_after("first-token-after-50ms"), Some(ms(50)));
        assert_eq!(headers_after("headers-after-7ms"), Some(ms(7)));
        assert_eq!(stall("stall-after-20-for-300ms"), Some((20, ms(300))));
        assert_eq!(stall("stall-after-20"), None);
        assert_eq!(headers_after("headers-after-999999999ms"), Some(LONGEST));
    }
}
