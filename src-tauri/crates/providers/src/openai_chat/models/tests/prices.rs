//! One entry of each provider's list, in the shape that its documentation gives it.

use patchbay_domain::price::{DailyHours, ServiceTier};
use patchbay_domain::{Capabilities, Modalities, NanoUsd, NanoUsdPerMTok, Rates};
use serde_json::{Value, json};

use super::*;

pub(super) const TEXT: Modalities = Modalities {
    text: true,
    image: false,
    pdf: false,
    audio: false,
    video: false,
};

pub(super) fn one(shape: ModelListShape, entry: &Value) -> ModelListing {
    let list = json!({ "data": [entry] }).to_string();
    read_as(shape, &list).unwrap().pop().unwrap()
}

fn rates_at(listing: &ModelListing, minute: i64, input_tokens: u64, tier: ServiceTier) -> Rates {
    let price = listing.price.as_ref().unwrap();
    price.rates(UnixMillis(minute * 60_000), input_tokens, tier)
}

fn rates(listing: &ModelListing) -> Rates {
    rates_at(listing, 0, 1, ServiceTier::Standard)
}

/// Micro-dollars for a million tokens.
fn micro(amount: i64) -> Option<NanoUsdPerMTok> {
    Some(NanoUsdPerMTok(amount * 1_000))
}

#[test]
fn openrouter_says_nearly_everything() {
    let entry = json!({
        "id": "anthropic/claude-sonnet-4.5", "canonical_slug": "anthropic/claude-4.5-sonnet-20250929", "hugging_face_id": "",
        "name": "Anthropic: Claude Sonnet 4.5", "created": 1_759_161_676, "context_length": 1_000_000,
        "architecture": { "modality": "text+image->text", "input_modalities": ["text", "image", "file"], "output_modalities": ["text"] },
        "pricing": {
            "prompt": "0.000003", "completion": "0.000015", "request": "0", "image": "0.0048", "web_search": "0.01",
            "internal_reasoning": "0", "input_cache_read": "0.0000003", "input_cache_write": "0.00000375",
            "input_cache_write_1h": "0.000006", "discount": 0,
            "overrides": [{ "min_prompt_tokens": 200_000, "prompt": "0.000006", "completion": "0.0000225" }],
        },
        "top_provider": { "context_length": 1_000_000, "max_completion_tokens": 64_000, "is_moderated": true },
        "supported_parameters": ["include_reasoning", "max_tokens", "reasoning", "tools"],
    });
    let listing = one(ModelListShape::Openrouter, &entry);
    let usual = Rates {
        input: micro(3_000_000),
        output: micro(15_000_000),
        cache_read: micro(300_000),
        cache_write: micro(3_750_000),
        cache_write_long: micro(6_000_000),
        thousand_searches: Some(NanoUsd(10_000_000_000)),
        ..Rates::default()
    };
    assert_eq!(rates(&listing), usual);
    assert_eq!(rates_at(&listing, 0, 200_000, ServiceTier::Standard), usual);
    let long = Rates {
        input: micro(6_000_000),
        output: micro(22_500_000),
        ..usual
    };
    assert_eq!(rates_at(&listing, 0, 200_001, ServiceTier::Standard), long);
    let tag = &listing.price.as_ref().unwrap().tag;
    assert_eq!(
        (tag.source, tag.name.as_str()),
        (PriceSource::Provider, "Acme")
    );
    assert_eq!(listing.max_output, Some(64_000));
    assert_eq!(listing.context_length, Some(1_000_000));
    assert_eq!(listing.released_at, Some(UnixMillis(1_759_161_676_000)));
    assert_eq!(listing.is_chat, Some(true));
    assert_eq!(
        listing.capabilities,
        Capabilities {
            input: Some(Modalities {
                image: true,
                pdf: true,
                ..TEXT
            }),
            output: Some(TEXT),
            tools: Some(true),
            reasoning: Some(true),
            json_schema: Some(false),
            open_weights: None,
        }
    );
}

#[test]
fn openrouter_has_hours_and_prices_that_are_not_known() {
    let price = |pricing: Value| {
        let entry = json!({ "id": "a", "hugging_face_id": "maker/a", "pricing": pricing });
        let listing = one(ModelListShape::Openrouter, &entry);
        assert_eq!(listing.capabilities.open_weights, Some(true));
        listing
    };
    let night = |prompt: &str, from: u16, until: u16| json!({ "prompt": prompt, "utc_start": from, "utc_end": until });
    let with = |overrides: Value| {
        price(json!({ "prompt": "0.000002", "completion": "0.000004", "overrides": overrides }))
    };
    let nightly = with(json!([
        night("0.000001", 1630, 30),
        { "utc_start": 1630, "utc_end": 30, "min_prompt_tokens": 100, "completion": "0.000003" },
    ]));
    assert_eq!(
        nightly.price.as_ref().unwrap().rules[1].hours,
        Some(DailyHours {
            from_minute: 990,
            until_minute: 30
        })
    );
    let input = |minute| rates_at(&nightly, minute, 1, ServiceTier::Standard).input;
    assert_eq!(
        (input(989), input(990), input(30)),
        (micro(2_000_000), micro(1_000_000), micro(2_000_000))
    );
    let long = rates_at(&nightly, 990, 101, ServiceTier::Standard);
    assert_eq!(
        (long.input, long.output),
        (micro(1_000_000), micro(3_000_000))
    );

    let free = price(json!({ "prompt": "0", "completion": "0" }));
    assert_eq!(rates(&free).input, micro(0));
    for unknown in [
        json!({ "prompt": "-1", "completion": "-1" }),
        json!({ "prompt": "0.000001", "completion": "-1000000" }),
        json!({ "prompt": "NaN", "completion": "0.1" }),
        json!({ "prompt": "0.02", "completion": "0.02" }),
        json!({ "prompt": "0.000001", "completion": "0.000001", "discount": 0.25 }),
        json!({}),
    ] {
        assert_eq!(price(unknown.clone()).price, None, "{unknown}");
    }
    // Conditions that a price here has no words for.
    for unknown in [
        json!([{ "prompt": "0.000001", "utc_days": ["monday"] }]),
        json!([night("0.000001", 0, 600), night("0.000003", 500, 700)]),
        json!([night("0.000001", 2500, 600)]),
        json!([{ "prompt": "0.000001", "utc_start": 100 }]),
    ] {
        assert_eq!(with(unknown.clone()).price, None, "{unknown}");
    }
}

#[test]
fn per_million_lists_are_read_in_their_own_unit() {
    let expected = Rates {
        input: micro(600_000),
        output: micro(1_700_000),
        cache_read: micro(120_000),
        ..Rates::default()
    };
    for (shape, entry) in [
        (
            ModelListShape::Together,
            json!({ "id": "a", "type": "chat", "organization": "Maker", "display_name": "A", "context_length": 131_072,
                "pricing": { "hourly": 0, "input": 0.6, "output": 1.7, "base": 0, "finetune": 0, "cached_input": 0.12 } }),
        ),
        (
            ModelListShape::Deepinfra,
            json!({ "id": "a", "owned_by": "Maker", "metadata": { "context_length": 131_072, "tags": ["reasoning"],
                "pricing": { "input_tokens": 0.6, "output_tokens": 1.7, "cache_read_tokens": 0.12 } } }),
        ),
        (
            ModelListShape::Nanogpt,
            json!({ "id": "a", "owned_by": "Maker", "context_length": 131_072, "max_output_tokens": 8_192,
                "pricing": { "prompt": 0.6, "completion": 1.7, "cacheReadInputPer1kTokens": 0.00012, "currency": "USD", "unit": "per_million_tokens" } }),
        ),
        (
            ModelListShape::Novita,
            json!({ "id": "a", "owned_by": "Maker", "context_size": 131_072, "input_token_price_per_m": 6_000,
                "pricing": { "prompt": { "price_per_m": 6_000, "price_per_m_decimal": "0.6" }, "completion": { "price_per_m": 17_000 },
                    "input_cache_read": { "price_per_m_decimal": "0.12" } } }),
        ),
        (
            ModelListShape::Xai,
            json!({ "id": "a", "owned_by": "Maker", "context_length": 131_072, "prompt_text_token_price": 6_000,
                "cached_prompt_text_token_price": 1_200, "completion_text_token_price": 17_000, "prompt_image_token_price": 0, "search_price": 0, "long_context_threshold": 0 }),
        ),
        (
            ModelListShape::Fireworks,
            json!({ "id": "a", "owned_by": "Maker", "context_length": 131_072, "pricing": [
                { "sku": "LLM input tokens (uncached)", "amount": "0.60", "unit": "1M tokens" },
                { "sku": "LLM input tokens (cached)", "amount": "0.12", "unit": "1M tokens" },
                { "sku": "LLM output tokens", "amount": "1.7", "unit": "1M tokens" },
                { "sku": "GPU", "amount": "9", "unit": "hour" },
            ] }),
        ),
    ] {
        let listing = one(shape, &entry);
        assert_eq!(rates(&listing), expected, "{shape:?}");
        assert_eq!(listing.context_length, Some(131_072), "{shape:?}");
        assert_eq!(listing.owned_by.as_deref(), Some("Maker"), "{shape:?}");
        // In another shape the same numbers are no prices.
        assert_eq!(one(ModelListShape::Plain, &entry).price, None);
        assert_eq!(one(ModelListShape::Openai, &entry).price, None);
    }
}

#[test]
fn zeros_that_mean_nothing_are_no_free_models() {
    for (shape, entry) in [
        (
            ModelListShape::Together,
            json!({ "id": "a", "pricing": { "hourly": 0, "input": 0, "output": 0 } }),
        ),
        (
            ModelListShape::Xai,
            json!({ "id": "a", "prompt_text_token_price": 0, "completion_text_token_price": 0 }),
        ),
        (
            ModelListShape::Litellm,
            json!({ "model_name": "a", "model_info": { "input_cost_per_token": 0, "output_cost_per_token": 0.0 } }),
        ),
        (
            ModelListShape::Nanogpt,
            json!({ "id": "a", "pricing": { "prompt": 1, "completion": 2, "unit": "per_image" } }),
        ),
        (
            ModelListShape::Huggingface,
            json!({ "id": "a", "providers": [] }),
        ),
    ] {
        assert_eq!(one(shape, &entry).price, None, "{shape:?}");
    }
    let free = json!({ "id": "a", "input_token_price_per_m": 0, "output_token_price_per_m": 0 });
    assert_eq!(rates(&one(ModelListShape::Novita, &free)).input, micro(0));
}

#[test]
fn long_prompts_have_their_own_tier() {
    let at = |listing: &ModelListing, tokens| {
        let rates = rates_at(listing, 0, tokens, ServiceTier::Standard);
        (rates.input, rates.output, rates.cache_read)
    };
    let xai = json!({ "id": "a", "prompt_text_token_price": 20_000, "cached_prompt_text_token_price": 5_000,
        "completion_text_token_price": 60_000, "prompt_text_token_price_long_context": 40_000,
        "cached_prompt_text_token_price_long_context": 0, "completion_text_token_price_long_context": 120_000,
        "long_context_threshold": 200_000, "search_price": 250_000_000 });
    let xai = one(ModelListShape::Xai, &xai);
    let (short, long) = (
        (micro(2_000_000), micro(6_000_000), micro(500_000)),
        (micro(4_000_000), micro(12_000_000), micro(500_000)),
    );
    assert_eq!((at(&xai, 199_999), at(&xai, 200_000)), (short, long));
    assert_eq!(rates(&xai).thousand_searches, Some(NanoUsd(25_000_000_000)));

    let band = |from: u64, to: u64, prompt: &str| json!({ "min_tokens": from, "max_tokens": to, "pricing": { "prompt": { "price_per_m_decimal": prompt }, "completion": { "price_per_m_decimal": "6" } } });
    let novita = json!({ "id": "a", "is_tiered_billing": true,
        "tiered_billing_configs": [band(32_001, 128_000, "2.4"), band(0, 32_000, "1.2")] });
    let novita = one(ModelListShape::Novita, &novita);
    let input = |tokens| at(&novita, tokens).0;
    assert_eq!(
        (input(32_000), input(32_001)),
        (micro(1_200_000), micro(2_400_000))
    );

    let litellm = json!({ "model_name": "smart", "model_info": { "mode": "chat", "max_input_tokens": 1_000_000, "max_output_tokens": 65_536,
        "input_cost_per_token": 1.25e-6, "output_cost_per_token": 0.00001, "cache_read_input_token_cost": 1.25e-7,
        "input_cost_per_token_above_200k_tokens": 2.5e-6, "output_cost_per_token_above_200k_tokens": 0.000_015,
        "input_cost_per_token_priority": 2.5e-6, "output_cost_per_token_priority": null,
        "supports_vision": true, "supports_pdf_input": true, "supports_function_calling": true, "supports_response_schema": true, "supports_reasoning": false } });
    let litellm = one(ModelListShape::Litellm, &litellm);
    assert_eq!(
        at(&litellm, 200_000),
        (micro(1_250_000), micro(10_000_000), micro(125_000))
    );
    assert_eq!(
        at(&litellm, 200_001),
        (micro(2_500_000), micro(15_000_000), micro(125_000))
    );
    let priority = rates_at(&litellm, 0, 1, ServiceTier::Priority);
    assert_eq!(
        (priority.input, priority.output),
        (micro(2_500_000), micro(10_000_000))
    );
    assert_eq!(
        (litellm.id.as_str(), litellm.is_chat),
        ("smart", Some(true))
    );
    assert_eq!(
        (litellm.context_length, litellm.max_output),
        (Some(1_000_000), Some(65_536))
    );
    assert_eq!(litellm.capabilities.tools, Some(true));
    assert_eq!(litellm.capabilities.json_schema, Some(true));
    assert_eq!(litellm.capabilities.reasoning, Some(false));
    assert!(litellm.capabilities.input.unwrap().pdf);
}

#[test]
fn hosts_and_deployments_that_differ_have_no_common_price() {
    let host = |input: f64, status: &str, context: u64| json!({ "provider": "x", "status": status, "context_length": context, "pricing": { "input": input, "output": 2 }, "supports_tools": input < 1.5 });
    let model = |providers: Value| {
        one(
            ModelListShape::Huggingface,
            &json!({ "id": "maker/a", "created": 1_759_161_676, "architecture": { "input_modalities": ["text"], "output_modalities": ["text"] }, "providers": providers }),
        )
    };
    let agreed = model(json!([
        host(1.0, "live", 100),
        host(1.0, "live", 80),
        host(9.0, "error", 10)
    ]));
    assert_eq!(rates(&agreed).input, micro(1_000_000));
    assert_eq!(agreed.context_length, Some(80));
    assert_eq!(agreed.capabilities.open_weights, Some(true));
    let differing = model(json!([host(1.0, "live", 100), host(2.0, "live", 100)]));
    assert_eq!(differing.price, None);
    assert_eq!(differing.capabilities.tools, Some(true));

    let deployment = |input: f64| json!({ "model_name": "a", "model_info": { "input_cost_per_token": input, "output_cost_per_token": 1e-6 } });
    let list = |left, right| {
        let list = json!({ "data": [deployment(left), deployment(right)] }).to_string();
        read_as(ModelListShape::Litellm, &list).unwrap()
    };
    assert!(list(1e-6, 1e-6)[0].price.is_some());
    assert_eq!(list(1e-6, 2e-6)[0].price, None);
    assert_eq!(list(1e-6, 2e-6).len(), 1);
}

/// As the proxy of version 1.86.7 sent it: the price of the cache stands in the configuration only.
#[test]
fn a_proxys_own_price_of_the_cache_is_found() {
    let entry = json!({ "model_name": "a",
        "litellm_params": { "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 2.5e-07, "model": "openai/a" },
        "model_info": { "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": null, "cache_creation_input_token_cost": null } });
    let found = rates(&one(ModelListShape::Litellm, &entry));
    assert_eq!(found.input, micro(2_500_000));
    assert_eq!(found.cache_read, micro(250_000));
    assert_eq!(found.cache_write, None);
}

#[test]
fn a_tier_of_service_is_no_model_of_its_own() {
    let row = |service_tier: Value, amount: &str| {
        json!({ "id": "accounts/f/models/a", "service_tier": service_tier, "pricing": [
            { "sku": "LLM input tokens (uncached)", "amount": amount, "unit": "1M tokens" },
            { "sku": "LLM output tokens", "amount": "1", "unit": "1M tokens" },
        ] })
    };
    let list = json!({ "data": [row(json!("priority"), "9"), row(Value::Null, "3")] });
    let models = read_as(ModelListShape::Fireworks, &list.to_string()).unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(rates(&models[0]).input, micro(3_000_000));
}
