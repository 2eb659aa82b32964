//! Providers, their keys, presets and tests. No key passes through here.

use patchbay_contract::providers::{
    BalanceLineView, BalanceView, KeyTestView, KeyView, ListFailureView, LocalServerView,
    PresetOptionView, PresetView, ProviderKeyView, ProviderTest, ProviderView,
};
use patchbay_contract::requests::{HeaderView, OptionValue};
use patchbay_engine::{
    FoundServer, KeyDetail, KeySourceName, KeyStatus, Preset, ProviderDetail, balance_of,
    option_values, typed_address,
};

use super::receipts::failure;

/// How many models of a server that was found are named.
const SAMPLE: usize = 5;

pub(super) fn key(status: &KeyStatus) -> KeyView {
    let (source, variable) = match &status.source {
        None => ("none", None),
        Some(KeySourceName::Keychain) => ("keychain", None),
        Some(KeySourceName::Session) => ("session", None),
        Some(KeySourceName::Environment(variable)) => ("environment", Some(variable.clone())),
    };
    let state = status.problem.map(|state| state.title().to_owned());
    KeyView {
        source: source.to_owned(),
        variable,
        problem: status.words.clone().or(state),
    }
}

fn slot(detail: &KeyDetail) -> ProviderKeyView {
    let slot = &detail.slot;
    ProviderKeyView {
        id: slot.id.clone(),
        label: slot.label.clone(),
        status: key(&detail.status),
        is_disabled: slot.is_disabled,
        last_test: slot.last_test.as_ref().map(|test| KeyTestView {
            at: test.at.0,
            is_good: test.said["isGood"] == true,
            summary: test.said["summary"].as_str().unwrap_or_default().to_owned(),
        }),
        balance: detail.balance.as_ref().map(|kept| BalanceView {
            lines: balance_of(kept)
                .lines
                .into_iter()
                .map(|line| BalanceLineView {
                    label: match line.note {
                        Some(note) => format!("{} {note}", line.kind.label()),
                        None => line.kind.label().to_owned(),
                    },
                    amount: line.amount,
                    unit: line.unit,
                    resets_at: line.resets_at.map(|at| at.0),
                })
                .collect(),
            fetched_at: kept.balance.as_ref().map(|balance| balance.at.0),
            failure: kept.failure.as_ref().map(|failure| failure.words.clone()),
            failed_at: kept.failure.as_ref().map(|failure| failure.at.0),
        }),
    }
}

pub(crate) fn provider(detail: &ProviderDetail) -> ProviderView {
    let record = &detail.record;
    let page =
        |of: fn(&Preset) -> &Option<String>| detail.preset.and_then(|preset| of(preset).clone());
    ProviderView {
        id: record.id.as_str().to_owned(),
        name: record.name.clone(),
        preset_id: detail.preset.map(|preset| preset.id.clone()),
        family: detail.family,
        family_label: detail.family.label().to_owned(),
        base_url: record.base_url.clone(),
        typed_base_url: typed_address(detail).to_owned(),
        origin: record.origin.as_str().to_owned(),
        options: option_values(record)
            .into_iter()
            .map(|(name, value)| OptionValue { name, value })
            .collect(),
        extra_headers: headers(&record.extra_headers),
        has_attribution: record.has_attribution,
        is_plain_text_remote: detail.is_plain_text_remote,
        key: key(&detail.key),
        keys: detail.keys.iter().map(slot).collect(),
        has_balance: detail.preset.is_some_and(|preset| preset.balance.is_some()),
        model_count: detail
            .models
            .map_or(0, |(count, _)| u32::try_from(count).unwrap_or(u32::MAX)),
        models_listed_at: detail.models.map(|(_, at)| at.0),
        models_failure: detail
            .models_failure
            .as_ref()
            .map(|failure| ListFailureView {
                at: failure.at.0,
                sentence: failure.words.clone(),
            }),
        key_url: page(|preset| &preset.key_url),
        top_up_url: page(|preset| &preset.top_up_url),
    }
}

fn headers(pairs: &[(String, String)]) -> Vec<HeaderView> {
    pairs
        .iter()
        .map(|(name, value)| HeaderView {
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

pub(crate) fn preset(preset: &Preset) -> PresetView {
    PresetView {
        id: preset.id.clone(),
        name: preset.name.clone(),
        group: preset.group.as_str().to_owned(),
        family: preset.family(),
        families: preset.families(),
        base_url: preset
            .speaks(None)
            .map(|speaks| speaks.base_url.clone())
            .unwrap_or_default(),
        options: preset
            .options
            .iter()
            .map(|option| PresetOptionView {
                name: option.name.clone(),
                label: option.label.clone(),
                placeholder: option.placeholder.clone(),
                help: option.help.clone(),
                is_required: option.required,
                default: option.default.clone(),
                choices: option
                    .choices
                    .iter()
                    .map(|choice| choice.value.clone())
                    .collect(),
            })
            .collect(),
        needs_key: preset.needs_key.as_str().to_owned(),
        credential: if preset.is_opened_by_google() {
            "google"
        } else {
            "key"
        }
        .to_owned(),
        key_prefixes: preset.key_prefixes.clone(),
        key_url: preset.key_url.clone(),
        top_up_url: preset.top_up_url.clone(),
        environment: preset.environment.clone(),
        attribution: preset
            .attribution
            .iter()
            .map(|header| HeaderView {
                name: header.name.clone(),
                value: header.value.clone(),
            })
            .collect(),
        has_balance: preset.balance.is_some(),
        note: preset.note.clone(),
    }
}

pub(crate) fn local_server(server: &FoundServer) -> LocalServerView {
    LocalServerView {
        preset_id: server.preset.id.clone(),
        name: server.preset.name.clone(),
        base_url: server.base_url.clone(),
        models: server.models.iter().take(SAMPLE).cloned().collect(),
        model_count: u32::try_from(server.models.len()).unwrap_or(u32::MAX),
    }
}

pub(crate) fn provider_test(test: &patchbay_engine::ProviderTest) -> ProviderTest {
    let summary = test.summary();
    match &test.models {
        Ok((count, sample)) => ProviderTest {
            is_good: true,
            summary,
            millis: test.millis,
            model_count: u32::try_from(*count).unwrap_or(u32::MAX),
            sample: sample.clone(),
            failure: None,
            diagnosis: None,
            advice: None,
            belongs_to_preset: None,
        },
        Err(failed) => ProviderTest {
            is_good: false,
            summary,
            millis: test.millis,
            model_count: 0,
            sample: Vec::new(),
            failure: Some(failure(&failed.failure, &test.name)),
            diagnosis: Some(failed.diagnosis.kind.as_str().to_owned()),
            advice: Some(failed.diagnosis.advice.clone()).filter(|advice| !advice.is_empty()),
            belongs_to_preset: failed.belongs_to.map(|preset| preset.id.clone()),
        },
    }
}
