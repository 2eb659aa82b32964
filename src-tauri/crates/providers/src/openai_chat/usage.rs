//! Usage objects, translated into classes that do not overlap.

use patchbay_domain::price::ServiceTier;
use patchbay_domain::{RawUsage, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::dialect::Dialect;
use super::wire::{Count, lenient};
use crate::usage::{Cost, LONGEST_RAW, count, visible_output};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireUsage<'a> {
    #[serde(deserialize_with = "lenient")]
    prompt_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens: Option<Count>,
    /// The names of newer formats; some gateways send both. Not an alias: both at once must be fine.
    #[serde(deserialize_with = "lenient")]
    input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    output_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    total_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek.
    #[serde(deserialize_with = "lenient")]
    prompt_cache_hit_tokens: Option<Count>,
    /// Moonshot.
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<Count>,
    /// Gateways in front of Anthropic.
    #[serde(deserialize_with = "lenient")]
    cache_read_input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_creation_input_tokens: Option<Count>,
    /// Perplexity, and a few that count thinking beside the details.
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<Count>,
    /// OpenRouter: what its own tools did for the answer.
    #[serde(deserialize_with = "lenient")]
    server_tool_use: Option<ServerToolUse>,
    /// Perplexity.
    #[serde(deserialize_with = "lenient")]
    num_search_queries: Option<Count>,
    /// Gateways that say it here and not beside the choices.
    #[serde(deserialize_with = "lenient")]
    service_tier: Option<String>,
    /// For this and what follows see [`Cost`].
    #[serde(borrow)]
    cost_in_usd_ticks: Option<&'a RawValue>,
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_details: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    is_byok: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_write_tokens: Option<Count>,
    /// LiteLLM's name for the same.
    #[serde(deserialize_with = "lenient")]
    cache_creation_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    audio_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    image_tokens: Option<Count>,
    /// What the cached tokens are tokens of.
    #[serde(deserialize_with = "lenient")]
    cached_tokens_details: Option<MediaDetails>,
    /// How the writes divide into short and long ones.
    #[serde(deserialize_with = "lenient")]
    cache_creation_token_details: Option<CacheWriteDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheWriteDetails {
    #[serde(deserialize_with = "lenient")]
    ephemeral_1h_input_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    audio_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    image_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MediaDetails {
    #[serde(deserialize_with = "lenient")]
    audio_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    image_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerToolUse {
    #[serde(deserialize_with = "lenient")]
    web_search_requests: Option<Count>,
}

/// The usage event for this object; `None` where it counts nothing, as `{}` does. `service_tier` is
/// what was said outside the object.
pub(super) fn event(
    raw: &RawValue,
    dialect: Dialect,
    service_tier: Option<ServiceTier>,
) -> Option<StreamEvent> {
    if raw.get().len() > LONGEST_RAW {
        return None;
    }
    let wire: WireUsage<'_> = serde_json::from_str(raw.get()).ok()?;
    let cost = Cost {
        cost: wire.cost,
        details: wire.cost_details,
        is_byok: wire.is_byok == Some(true),
        usd_ticks: wire.cost_in_usd_ticks,
    };
    let reported_cost = cost.reported(dialect.reported_cost);
    let counts = [
        wire.prompt_tokens,
        wire.completion_tokens,
        wire.input_tokens,
        wire.output_tokens,
    ];
    if counts.iter().all(Option::is_none) && reported_cost.is_none() {
        return None;
    }
    let own_tier = wire
        .service_tier
        .as_deref()
        .and_then(crate::usage::service_tier);
    Some(StreamEvent::Usage {
        usage: split(&wire, dialect),
        raw: RawUsage(raw.get().to_owned()),
        reported_cost,
        service_tier: own_tier.or(service_tier),
    })
}

/// The event of an object that was kept.
pub(crate) fn read_again(raw: &RawValue, dialect: Dialect) -> Option<StreamEvent> {
    event(raw, dialect, None)
}

fn split(wire: &WireUsage<'_>, dialect: Dialect) -> Usage {
    let prompt = count(wire.prompt_tokens.or(wire.input_tokens));
    let completion = count(wire.completion_tokens.or(wire.output_tokens));
    let details = wire.prompt_tokens_details.as_ref();
    // The same tokens under several names: the largest is the one that was filled in.
    let cache_read = [
        details.and_then(|details| details.cached_tokens),
        wire.prompt_cache_hit_tokens,
        wire.cached_tokens,
        wire.cache_read_input_tokens,
    ]
    .map(count)
    .into_iter()
    .fold(0, u64::max);
    let all_writes = [
        details.and_then(|details| details.cache_write_tokens),
        details.and_then(|details| details.cache_creation_tokens),
        wire.cache_creation_input_tokens,
    ]
    .map(count)
    .into_iter()
    .fold(0, u64::max);
    let cache_write_long = details
        .and_then(|details| details.cache_creation_token_details.as_ref())
        .map_or(0, |details| count(details.ephemeral_1h_input_tokens))
        .min(all_writes);
    let from_cache = cache_read.saturating_add(all_writes);
    // More from the cache than in the prompt: so this provider counts the two apart.
    let mut input = prompt.checked_sub(from_cache).unwrap_or(prompt);
    let cached_media = details.and_then(|details| details.cached_tokens_details.as_ref());
    let cached_audio = cached_media.map_or(0, |media| count(media.audio_tokens));
    let cached_image = cached_media.map_or(0, |media| count(media.image_tokens));
    let audio_cache_read = cached_audio.min(cache_read);
    let audio = details.map_or(0, |details| count(details.audio_tokens));
    let image = details.map_or(0, |details| count(details.image_tokens));
    let audio_input = take(&mut input, audio.saturating_sub(cached_audio));
    let image_input = take(&mut input, image.saturating_sub(cached_image));

    let answer = wire.completion_tokens_details.as_ref();
    let mut reasoning = answer
        .map_or(0, |details| count(details.reasoning_tokens))
        .max(count(wire.reasoning_tokens));
    let total = wire.total_tokens;
    let mut output = visible_output(prompt, completion, reasoning, total);
    if dialect.thinking_only_in_total && reasoning == 0 {
        let counted = prompt.saturating_add(completion);
        reasoning = count(total).saturating_sub(counted);
    }
    let audio = answer.map_or(0, |details| count(details.audio_tokens));
    let image = answer.map_or(0, |details| count(details.image_tokens));
    let searches = wire.server_tool_use.as_ref();
    Usage {
        input,
        cache_read: cache_read - audio_cache_read,
        cache_write: all_writes - cache_write_long,
        cache_write_long,
        audio_output: take(&mut output, audio),
        image_output: take(&mut output, image),
        output,
        reasoning,
        audio_input,
        audio_cache_read,
        image_input,
        web_searches: searches
            .map_or(0, |tools| count(tools.web_search_requests))
            .max(count(wire.num_search_queries)),
    }
}

/// Moves at most so many tokens out of a class into one of their own.
fn take(from: &mut u64, wanted: u64) -> u64 {
    let taken = wanted.min(*from);
    *from -= taken;
    taken
}

#[cfg(test)]
mod tests;
