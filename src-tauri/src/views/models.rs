//! Models and prices.

use patchbay_contract::models::{
    ModelDetail, ModelView, PriceChangeView, PriceRuleView, PriceTagView, PriceView, RateView,
};
use patchbay_domain::price::PriceTag;
use patchbay_domain::{Modalities, NanoUsdPerMTok};
use patchbay_engine::{ModelChoice, PriceNow};

use super::conversations::endpoint;

pub(crate) fn model(choice: &ModelChoice) -> ModelView {
    let capabilities = &choice.capabilities;
    ModelView {
        endpoint: endpoint(&choice.endpoint),
        provider_name: choice.provider_name.clone(),
        key: choice.key.clone(),
        canonical_id: choice.canonical_id.clone(),
        name: choice.name.clone(),
        maker: choice.maker.clone(),
        family: choice.family.clone(),
        released_at: choice.released_at.map(|at| at.0),
        context_length: choice.context_length,
        max_output: choice.max_output,
        reads: words(capabilities.input),
        gives: words(capabilities.output),
        has_tools: capabilities.tools,
        has_reasoning: capabilities.reasoning,
        has_json_schema: capabilities.json_schema,
        has_open_weights: capabilities.open_weights,
        quantization: choice.quantization.clone(),
        is_chat: choice.is_chat,
        price: choice.price.as_ref().map(price),
        is_local: choice.endpoint.provider.is_local(),
        is_starred: choice.is_starred,
        last_used_at: choice.last_used_at.map(|at| at.0),
        first_seen_at: choice.first_seen_at.map(|at| at.0),
        colour: choice.colour,
        unavailable_because: choice.unavailable_because.clone(),
    }
}

pub(crate) fn model_detail(detail: &patchbay_engine::ModelDetail) -> ModelDetail {
    ModelDetail {
        model: model(&detail.model),
        price_rules: detail
            .rules
            .iter()
            .map(|rule| PriceRuleView {
                condition: rule.condition.clone(),
                is_current: rule.is_current,
                rates: rule
                    .rates
                    .known()
                    .into_iter()
                    .map(|(class, amount, per)| RateView {
                        label: class.label().to_owned(),
                        nano_usd: amount.0,
                        per,
                    })
                    .collect(),
            })
            .collect(),
        list_price: detail.list_price.as_ref().map(price),
        price_sources: detail.sources.iter().map(price).collect(),
        price_problem: detail.problem.clone(),
        history: detail
            .history
            .iter()
            .map(|(recorded_at, then)| PriceChangeView {
                recorded_at: recorded_at.0,
                price: price(then),
            })
            .collect(),
    }
}

fn price(now: &PriceNow) -> PriceView {
    let amount = |rate: Option<NanoUsdPerMTok>| rate.map(|rate| rate.0);
    PriceView {
        input: amount(now.rates.input),
        output: amount(now.rates.output),
        cache_read: amount(now.rates.cache_read),
        is_free: now.rates.is_free(),
        has_conditions: now.has_conditions,
        tag: price_tag(&now.tag),
    }
}

pub(super) fn price_tag(tag: &PriceTag) -> PriceTagView {
    PriceTagView {
        source: tag.source,
        name: tag.name.clone(),
        as_of: tag.as_of.0,
    }
}

fn words(modalities: Option<Modalities>) -> Vec<String> {
    let Some(modalities) = modalities else {
        return Vec::new();
    };
    [
        (modalities.text, "text"),
        (modalities.image, "image"),
        (modalities.pdf, "pdf"),
        (modalities.audio, "audio"),
        (modalities.video, "video"),
    ]
    .into_iter()
    .filter(|(is_there, _)| *is_there)
    .map(|(_, word)| word.to_owned())
    .collect()
}
