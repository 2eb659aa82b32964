//! Whom a new route asks before the person has said so.

use std::cmp::Reverse;

use patchbay_domain::route::RouteEntry;
use patchbay_domain::{Endpoint, UnixMillis};

use crate::ModelChoice;

/// More than these are a list to tidy up, not a proposal.
const MOST: usize = 3;

/// A model with its ways in, as far as a proposal cares.
struct Candidate {
    key: String,
    is_starred: bool,
    last_used_at: Option<UnixMillis>,
    is_local: bool,
    /// Ways in that are not left alone just now.
    healthy_ways: usize,
    is_priced: bool,
    released_at: Option<UnixMillis>,
}

/// The models that are starred or were asked last, at most three. Where there are none: the newest
/// that several healthy ways in lead to, since one that fails leaves the next; else the newest by one
/// way in; else the only one there is. Nothing where that would be a draw of lots. The model on this
/// computer comes last, and alone only where there is no other.
pub(super) fn proposed(
    choices: Vec<ModelChoice>,
    is_healthy: impl Fn(&Endpoint) -> bool,
) -> Vec<RouteEntry> {
    let mut candidates = candidates(choices, is_healthy);
    let is_wanted = |each: &Candidate| each.is_starred || each.last_used_at.is_some();
    if candidates.iter().any(is_wanted) {
        candidates.retain(is_wanted);
        candidates
            .sort_by_key(|each| (each.is_local, !each.is_starred, Reverse(each.last_used_at)));
        return entries(candidates, MOST);
    }
    if candidates.iter().any(|each| !each.is_local) {
        candidates.retain(|each| !each.is_local);
    }
    if candidates.len() > 1 {
        candidates.retain(|each| each.healthy_ways > 0 && each.released_at.is_some());
    }
    candidates.sort_by_key(|each| {
        (
            each.healthy_ways < 2,
            !each.is_priced,
            Reverse(each.released_at),
            Reverse(each.healthy_ways),
        )
    });
    entries(candidates, 1)
}

fn entries(candidates: Vec<Candidate>, most: usize) -> Vec<RouteEntry> {
    candidates
        .into_iter()
        .take(most)
        .map(|each| RouteEntry::Model { key: each.key })
        .collect()
}

/// The models that can be asked, in the order of their first ways in.
fn candidates(choices: Vec<ModelChoice>, is_healthy: impl Fn(&Endpoint) -> bool) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for choice in choices {
        if !choice.is_chat || choice.unavailable_because.is_some() {
            continue;
        }
        let is_local = choice.endpoint.provider.is_local();
        let place = *places.entry(choice.key.clone()).or_insert_with(|| {
            candidates.push(Candidate {
                key: choice.key.clone(),
                is_starred: false,
                last_used_at: None,
                is_local: true,
                healthy_ways: 0,
                is_priced: false,
                released_at: None,
            });
            candidates.len() - 1
        });
        let Some(candidate) = candidates.get_mut(place) else {
            continue;
        };
        candidate.is_starred |= choice.is_starred;
        candidate.last_used_at = candidate.last_used_at.max(choice.last_used_at);
        candidate.is_local &= is_local;
        candidate.healthy_ways += usize::from(is_healthy(&choice.endpoint));
        candidate.is_priced |= choice.price.is_some();
        candidate.released_at = candidate.released_at.max(choice.released_at);
    }
    candidates
}

#[cfg(test)]
mod tests {
    use patchbay_domain::{Capabilities, ProviderId};

    use super::*;

    fn choice(provider: &str, key: &str, released_at: Option<i64>) -> ModelChoice {
        ModelChoice {
            endpoint: Endpoint {
                provider: ProviderId::new(provider),
                model: key.to_owned(),
            },
            provider_name: provider.to_owned(),
            key: key.to_owned(),
            canonical_id: None,
            name: key.to_owned(),
            maker: None,
            family: None,
            released_at: released_at.map(UnixMillis),
            context_length: None,
            max_output: None,
            capabilities: Capabilities::default(),
            quantization: None,
            is_chat: true,
            price: None,
            is_starred: false,
            last_used_at: None,
            first_seen_at: None,
            colour: None,
            unavailable_because: None,
        }
    }

    fn keys(entries: Vec<RouteEntry>) -> Vec<String> {
        entries
            .into_iter()
            .map(|entry| match entry {
                RouteEntry::Model { key } => key,
                RouteEntry::Endpoint { endpoint } => endpoint.model,
            })
            .collect()
    }

    fn of(choices: Vec<ModelChoice>) -> Vec<String> {
        keys(proposed(choices, |_| true))
    }

    #[test]
    fn what_the_person_likes_comes_first_and_this_computer_last() {
        let starred = ModelChoice {
            is_starred: true,
            ..choice("b", "starred", None)
        };
        let used = |provider: &str, key: &str, at: i64| ModelChoice {
            last_used_at: Some(UnixMillis(at)),
            ..choice(provider, key, None)
        };
        let choices = vec![
            used("local", "small", 9),
            choice("a", "newest", Some(99)),
            used("a", "before", 3),
            used("b", "before", 5),
            used("b", "lately", 7),
            starred,
        ];
        assert_eq!(of(choices.clone()), ["starred", "lately", "before"]);
        let fewer = choices.into_iter().filter(|each| each.key != "before");
        assert_eq!(of(fewer.collect()), ["starred", "lately", "small"]);
    }

    #[test]
    fn a_model_with_several_healthy_ways_in_goes_before_a_newer_one_with_one() {
        let choices = vec![
            choice("local", "small", Some(200)),
            choice("a", "single", Some(100)),
            choice("a", "older", Some(10)),
            choice("b", "older", Some(10)),
            choice("a", "newer", Some(20)),
            choice("b", "newer", Some(20)),
        ];
        assert_eq!(of(choices.clone()), ["newer"]);
        let is_healthy =
            |endpoint: &Endpoint| endpoint.model != "newer" || endpoint.provider.as_str() != "b";
        assert_eq!(keys(proposed(choices.clone(), is_healthy)), ["older"]);
        let without_key = choices.into_iter().map(|each| ModelChoice {
            unavailable_because: (each.endpoint.provider.as_str() == "b").then(String::new),
            ..each
        });
        assert_eq!(of(without_key.collect()), ["single"]);
    }

    #[test]
    fn nothing_is_proposed_where_it_would_be_a_draw_of_lots() {
        let local = choice("local", "small", None);
        let unknown = [choice("a", "one", None), choice("a", "two", None)];
        assert!(of([vec![local.clone()], unknown.to_vec()].concat()).is_empty());
        assert_eq!(of(vec![local.clone(), unknown[0].clone()]), ["one"]);
        assert_eq!(of(vec![local]), ["small"]);
        assert!(of(Vec::new()).is_empty());
    }
}
