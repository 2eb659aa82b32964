//! Long because each fact of the file is held to by a test of its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::*;
use crate::base_url::BaseUrl;

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Something for each option, so that every address can be filled in.
fn examples(preset: &Preset) -> BTreeMap<String, String> {
    let values = preset.options.iter().map(|option| {
        let value = if option.default.is_empty() {
            option.placeholder.clone()
        } else {
            option.default.clone()
        };
        (option.name.clone(), value)
    });
    values.collect()
}

#[test]
fn the_file_can_be_read() {
    let read = read(include_str!("presets.toml"));
    assert_eq!(read.map(|presets| presets.len()), Ok(Preset::all().len()));
    assert!(!Preset::all().is_empty());
}

#[test]
fn every_provider_that_was_asked_for_is_there() {
    for id in [
        "openai",
        "anthropic",
        "google",
        "vertex",
        "deepseek",
        "zai",
        "zai_coding",
        "zhipu",
        "together",
        "openrouter",
        "nanogpt",
        "litellm",
        "mistral",
        "groq",
        "xai",
        "fireworks",
        "cerebras",
        "deepinfra",
        "novita",
        "moonshot",
        "moonshot_china",
        "alibaba",
        "minimax",
        "minimax_china",
        "perplexity",
        "cohere",
        "sambanova",
        "nvidia",
        "huggingface",
        "github_models",
        "azure",
        "bedrock",
        "ollama",
        "lm_studio",
        "llama_cpp",
        "vllm",
        "jan",
        "openai_compatible",
        "responses_compatible",
        "anthropic_compatible",
    ] {
        assert!(Preset::by_id(id).is_some(), "{id}");
    }
}

#[test]
fn every_preset_is_complete() {
    let mut ids = HashSet::new();
    for preset in Preset::all() {
        let id = &preset.id;
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        assert!(!id.is_empty() && id.bytes().all(is_word), "{id}");
        assert!(!preset.name.trim().is_empty(), "{id}");
        assert!(!preset.speaks.is_empty(), "{id}");
        let families: HashSet<_> = preset.families().into_iter().collect();
        assert_eq!(
            families.len(),
            preset.speaks.len(),
            "{id} has a family twice"
        );
        let is_any = preset.group == Group::Compatible;
        assert_eq!(
            preset.docs_url.is_none(),
            is_any,
            "{id} needs its documentation"
        );
        if preset.needs_key == NeedsKey::Always {
            assert!(preset.key_url.is_some(), "{id} needs the page of its keys");
        }
        for url in [
            &preset.key_url,
            &preset.top_up_url,
            &preset.docs_url,
            &preset.status_url,
        ] {
            let url = url.as_deref().unwrap_or("https://none.example");
            assert_eq!(
                url::Url::parse(url).unwrap().scheme(),
                "https",
                "{id}: {url}"
            );
        }
        for speaks in &preset.speaks {
            if speaks.models_path.is_empty() {
                assert!(
                    !preset.fixed_models.is_empty(),
                    "{id} has neither list nor models"
                );
            }
        }
        assert_eq!(
            preset.local_port.is_some(),
            preset.group == Group::Local || id == "litellm"
        );
        for other in &preset.shares_keys_with {
            assert!(Preset::by_id(other).is_some(), "{id}: {other}");
        }
        for other in &preset.elsewhere {
            let other = Preset::by_id(other).unwrap();
            assert!(other.elsewhere.contains(id), "{id} and {}", other.id);
        }
        if let Some(policy) = &preset.data_policy {
            assert!(
                policy.source.starts_with("https://") && !policy.words.is_empty(),
                "{id}"
            );
            assert!(
                policy.as_of.len() == 7 && policy.as_of.starts_with("202"),
                "{id}"
            );
        }
        if let Some(organisation) = &preset.organisation {
            for url in [&organisation.key_url, &organisation.source] {
                assert!(url.starts_with("https://"), "{id}: {url}");
            }
            assert!(organisation.words.ends_with('.'), "{id}");
            assert_eq!(organisation.as_of.len(), 7, "{id}");
            // No key that models are asked with begins so.
            let of_admins = organisation.key_prefix.as_str();
            let is_own = |prefix: &String| of_admins.starts_with(prefix.as_str());
            assert!(preset.key_prefixes.iter().any(is_own), "{id}");
        }
        if let Some(note) = &preset.note {
            assert!(note.ends_with('.'), "{id}");
        }
    }
}

#[test]
fn every_family_of_every_preset_resolves_to_a_safe_address() {
    for preset in Preset::all() {
        let id = &preset.id;
        for speaks in &preset.speaks {
            let family = Some(speaks.family);
            let resolved = if speaks.base_url.is_empty() {
                assert_eq!(
                    preset.resolve(&BTreeMap::new(), family),
                    Err(PresetError::NoAddress),
                    "{id}"
                );
                preset
                    .resolve_at("https://own.example", &BTreeMap::new(), family)
                    .unwrap()
            } else {
                preset.resolve(&examples(preset), family).unwrap()
            };
            let address = resolved.base_url.to_string();
            assert!(!address.contains(['{', '}', ' ']), "{id}: {address}");
            let is_local = preset.group == Group::Local;
            assert_eq!(resolved.base_url.is_loopback(), is_local, "{id}: {address}");
            assert_eq!(
                address.starts_with("https://"),
                !is_local,
                "{id}: {address}"
            );
            assert_eq!(resolved.family, speaks.family);
            // The list of models is asked where the key belongs.
            let models = resolved.base_url.join_path(resolved.models_path);
            assert_eq!(
                models.origin().ascii_serialization(),
                resolved.base_url.origin().as_str()
            );
            assert!(!models.path().contains(".."), "{id}: {models}");
        }
    }
}

#[test]
fn lists_beside_the_base_url_are_found() {
    let list = |id: &str, family| {
        let resolved = Preset::by_id(id).unwrap().resolve(&BTreeMap::new(), family);
        let resolved = resolved.unwrap();
        resolved
            .base_url
            .join_path(resolved.models_path)
            .to_string()
    };
    let anthropic = Some(WireFamily::AnthropicMessages);
    for (id, family, expected) in [
        (
            "github_models",
            None,
            "https://models.github.ai/catalog/models",
        ),
        ("deepseek", anthropic, "https://api.deepseek.com/models"),
        ("moonshot", anthropic, "https://api.moonshot.ai/v1/models"),
        (
            "alibaba",
            anthropic,
            "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/models",
        ),
        (
            "deepinfra",
            anthropic,
            "https://api.deepinfra.com/v1/openai/models",
        ),
        ("minimax", anthropic, "https://api.minimax.io/v1/models"),
    ] {
        assert_eq!(list(id, family), expected);
    }
}

#[test]
fn the_file_is_in_the_order_of_the_picker() {
    let groups: Vec<_> = Preset::all().iter().map(|preset| preset.group).collect();
    assert!(groups.is_sorted(), "{groups:?}");
    let local: Vec<_> = Preset::all()
        .iter()
        .flat_map(|preset| [preset.local_port, preset.other_local_port])
        .flatten()
        .collect();
    let ports: HashSet<_> = local.iter().collect();
    assert_eq!(ports.len(), local.len(), "two servers with one port");
}

#[test]
fn every_placeholder_has_an_option_and_every_option_is_used() {
    for preset in Preset::all() {
        let addresses: String = preset.speaks.iter().map(|s| s.base_url.as_str()).collect();
        for option in &preset.options {
            let mut names = vec![&option.name];
            names.extend(option.fill.keys());
            names.extend(option.choices.iter().flat_map(|choice| choice.fill.keys()));
            let is_used = names
                .iter()
                .any(|name| addresses.contains(&format!("{{{name}}}")));
            assert!(
                is_used || option.passed_on,
                "{}: {}",
                preset.id,
                option.name
            );
            assert!(
                !option.label.is_empty() && option.help.ends_with('.'),
                "{}",
                preset.id
            );
            if !option.choices.is_empty() {
                let has_default = option.choices.iter().any(|c| c.value == option.default);
                assert!(has_default, "{}: {}", preset.id, option.name);
            }
        }
    }
}

/// Where one prefix begins with another, the longer one wins; no two presets share one.
#[test]
fn no_two_makers_share_a_prefix() {
    let mut owners: HashMap<&str, &str> = HashMap::new();
    for preset in Preset::all() {
        for prefix in &preset.key_prefixes {
            let earlier = owners.insert(prefix, &preset.id);
            assert_eq!(earlier, None, "{prefix}");
            assert!(prefix.len() >= 3 && prefix != "sk-", "{prefix}");
        }
    }
}

#[test]
fn only_headers_that_can_be_sent_are_named() {
    for preset in Preset::all() {
        let named = preset
            .speaks
            .iter()
            .filter_map(|speaks| speaks.auth.as_ref());
        for auth in named.chain([&preset.auth]) {
            if let Auth::Header(name) = auth {
                assert!(
                    http::HeaderName::from_bytes(name.as_bytes()).is_ok(),
                    "{name}"
                );
            }
        }
        for header in &preset.attribution {
            http::HeaderName::from_bytes(header.name.as_bytes()).unwrap();
            http::HeaderValue::from_str(&header.value).unwrap();
        }
    }
}

#[test]
fn options_fill_the_address_and_choices_are_the_only_ones() {
    let at = |id: &str, pairs: &[(&str, &str)]| {
        let resolved = Preset::by_id(id).unwrap().resolve(&options(pairs), None);
        resolved.map(|resolved| resolved.base_url.to_string())
    };
    assert_eq!(
        at("alibaba", &[]).unwrap(),
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
    );
    assert_eq!(
        at("alibaba", &[("region", "Beijing"), ("other", "ignored")]).unwrap(),
        "https://dashscope.aliyuncs.com/compatible-mode/v1"
    );
    assert!(matches!(
        at("alibaba", &[("region", "Moon")]),
        Err(PresetError::Value { .. })
    ));
    assert_eq!(
        at("vertex", &[]).unwrap(),
        "https://aiplatform.googleapis.com/v1"
    );
    assert_eq!(
        at("vertex", &[("project", "p"), ("location", "europe-west4")]).unwrap(),
        "https://europe-west4-aiplatform.googleapis.com/v1"
    );
    assert!(
        matches!(at("azure", &[]), Err(PresetError::Missing { option, .. }) if option == "resource")
    );
    assert_eq!(
        at("azure", &[("resource", " mine ")]).unwrap(),
        "https://mine.openai.azure.com/openai/v1"
    );
}

#[test]
fn what_the_family_wants_besides_the_address_is_passed_on() {
    let vertex = Preset::by_id("vertex").unwrap();
    let passed_on =
        |pairs: &[(&str, &str)]| vertex.resolve(&options(pairs), None).unwrap().passed_on;
    assert_eq!(passed_on(&[]), options(&[("location", "global")]));
    let pairs = [
        ("project", "example.com:mine"),
        ("location", "europe-west4"),
    ];
    assert_eq!(passed_on(&pairs), options(&pairs));
    // The same at an address of one's own.
    let at = vertex.resolve_at("http://127.0.0.1:9/v1", &options(&pairs), None);
    assert_eq!(at.unwrap().passed_on, options(&pairs));
    let azure = Preset::by_id("azure").unwrap();
    let resolved = azure
        .resolve(&options(&[("resource", "mine")]), None)
        .unwrap();
    assert!(resolved.passed_on.is_empty());
}

/// What begins like one of these is taken out of messages, even where it is somebody else's key.
#[test]
fn the_scrubber_knows_every_prefix() {
    let scrubber = crate::scrub::Scrubber::default();
    for preset in Preset::all() {
        for prefix in &preset.key_prefixes {
            let body = "abcd0123456789efghij";
            let text = scrubber.scrub(&format!("not accepted: {prefix}{body}"));
            assert!(!text.contains(body), "{text}");
        }
    }
}

/// A value must not lead the key to another host.
#[test]
fn no_value_of_an_option_changes_where_the_key_goes() {
    for evil in [
        "evil.example/",
        "evil.example#",
        "evil.example?",
        "a@evil.example",
        "evil.example:443/x",
        "..",
        "a/b",
        "a b",
        "a%2fb",
        "ä",
        "a\\b",
        "{host}",
        "a_b.",
        "",
    ] {
        for (id, name) in [
            ("azure", "resource"),
            ("bedrock", "region"),
            ("vertex", "location"),
        ] {
            let preset = Preset::by_id(id).unwrap();
            let mut values = examples(preset);
            values.insert(name.to_owned(), evil.to_owned());
            let Ok(resolved) = preset.resolve(&values, None) else {
                continue;
            };
            let usual = preset.resolve(&examples(preset), None);
            // An empty value is the default one.
            assert!(evil.is_empty(), "{id}: {}", resolved.base_url);
            assert_eq!(Ok(resolved), usual);
        }
    }
    let vertex = Preset::by_id("vertex").unwrap();
    for evil in ["../../x", "a/b", "..", "a?b"] {
        assert!(
            vertex
                .resolve(&options(&[("project", evil)]), None)
                .is_err(),
            "{evil}"
        );
    }
}

#[test]
fn a_typed_address_gets_the_usual_path_and_loses_what_is_not_wanted() {
    let at = |id: &str, address: &str, family| {
        let resolved = Preset::by_id(id)
            .unwrap()
            .resolve_at(address, &BTreeMap::new(), family);
        resolved.unwrap().base_url.to_string()
    };
    assert_eq!(
        at("lm_studio", "192.168.1.5:1234", None),
        "http://192.168.1.5:1234/v1"
    );
    assert_eq!(
        at("ollama", "http://box:11434/v1/", None),
        "http://box:11434"
    );
    assert_eq!(at("ollama", "box:11434/api", None), "http://box:11434");
    let chat = Some(WireFamily::OpenAiChat);
    assert_eq!(at("ollama", "box:11434", chat), "http://box:11434/v1");
    assert_eq!(at("ollama", "box:11434/v1", chat), "http://box:11434/v1");
    assert_eq!(
        at("litellm", "https://llm.example/", None),
        "https://llm.example/v1"
    );
    assert_eq!(
        at("litellm", "https://llm.example/proxy", None),
        "https://llm.example/proxy"
    );
    assert_eq!(
        at("openai_compatible", "https://a.example", None),
        "https://a.example"
    );
    let azure = "https://mine.openai.azure.com";
    assert_eq!(
        at("azure", azure, None),
        "https://mine.openai.azure.com/openai/v1"
    );
}

#[test]
fn an_address_tells_which_preset_it_is_of() {
    let of = |address: &str| {
        let recognised = Preset::recognise(&BaseUrl::parse(address).unwrap());
        recognised.map(|found| (found.preset.id.as_str(), found.family.as_str()))
    };
    for (address, id, family) in [
        ("https://api.openai.com/v1", "openai", "openai_responses"),
        (
            "https://api.openai.com/v1/chat/completions",
            "openai",
            "openai_responses",
        ),
        ("api.anthropic.com", "anthropic", "anthropic_messages"),
        ("https://api.deepseek.com", "deepseek", "openai_chat"),
        ("https://api.deepseek.com/v1", "deepseek", "openai_chat"),
        (
            "https://api.deepseek.com/anthropic/v1",
            "deepseek",
            "anthropic_messages",
        ),
        ("https://api.z.ai/api/paas/v4", "zai", "openai_chat"),
        (
            "https://api.z.ai/api/coding/paas/v4",
            "zai_coding",
            "openai_chat",
        ),
        ("https://api.together.ai/v1", "together", "openai_chat"),
        ("https://api.nano-gpt.com/api/v1", "nanogpt", "openai_chat"),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "alibaba",
            "openai_chat",
        ),
        (
            "https://dashscope-us.aliyuncs.com/apps/anthropic/v1",
            "alibaba",
            "anthropic_messages",
        ),
        (
            "https://mine.openai.azure.com/openai/v1",
            "azure",
            "openai_chat",
        ),
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1",
            "bedrock",
            "openai_chat",
        ),
        (
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/p",
            "vertex",
            "vertex",
        ),
        ("https://aiplatform.googleapis.com/v1", "vertex", "vertex"),
        ("localhost:11434", "ollama", "ollama"),
        ("http://127.0.0.1:11434/v1", "ollama", "openai_chat"),
        ("http://[::1]:1234/v1", "lm_studio", "openai_chat"),
    ] {
        assert_eq!(of(address), Some((id, family)), "{address}");
    }
}

#[test]
fn an_address_that_only_looks_like_one_of_ours_is_not() {
    for address in [
        "http://api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.openai.com.evil.example/v1",
        "https://evil-api.openai.com/v1",
        "https://a.b.openai.azure.com/openai/v1",
        "https://.openai.azure.com.evil.example",
        "https://x.example/dashscope.aliyuncs.com",
        "https://api.example/v1",
        // Anything may be at these.
        "http://localhost:8080/v1",
        "http://localhost:8000/v1",
        "http://192.168.1.5:11434",
    ] {
        let Ok(base_url) = BaseUrl::parse(address) else {
            continue;
        };
        assert_eq!(
            Preset::of_base_url(&base_url).map(|preset| &preset.id),
            None,
            "{address}"
        );
    }
}

#[test]
fn a_variable_is_used_for_its_own_origin_only() {
    let of = |address: &str| variables_of(&BaseUrl::parse(address).unwrap().origin());
    assert_eq!(of("https://api.openai.com"), ["OPENAI_API_KEY"]);
    assert_eq!(of("https://api.together.ai"), ["TOGETHER_API_KEY"]);
    assert_eq!(of("https://api.nano-gpt.com"), ["NANOGPT_API_KEY"]);
    assert_eq!(
        of("https://generativelanguage.googleapis.com"),
        ["GEMINI_API_KEY", "GOOGLE_API_KEY"]
    );
    assert_eq!(
        of("https://dashscope-us.aliyuncs.com"),
        ["DASHSCOPE_API_KEY"]
    );
    assert_eq!(
        of("https://mine.openai.azure.com"),
        ["AZURE_OPENAI_API_KEY"]
    );
    for other in [
        "http://api.openai.com",
        "https://api.openai.com.example.com",
        "https://api.openai.com:444",
        "http://127.0.0.1:4000",
        "http://127.0.0.1:11434",
    ] {
        assert!(of(other).is_empty(), "{other}");
    }
}

#[test]
fn a_server_of_ones_own_is_never_given_a_key_from_the_environment() {
    for preset in Preset::all() {
        if preset.takes_address() || preset.group == Group::Local {
            assert!(preset.environment.is_empty(), "{}", preset.id);
        }
    }
}

#[test]
fn attribution_is_what_the_gateway_documents_and_can_be_switched_off() {
    use crate::config::Credential;
    let resolved = || {
        let preset = Preset::by_id("openrouter").unwrap();
        preset.resolve(&BTreeMap::new(), None).unwrap()
    };
    let config = resolved().config("OpenRouter", Credential::None, true);
    let names: Vec<_> = config.attribution.unwrap().headers;
    let names: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["HTTP-Referer", "X-OpenRouter-Title", "X-Title"]);
    assert_eq!(
        resolved()
            .config("OpenRouter", Credential::None, false)
            .attribution,
        None
    );
}

/// The dialects that stood in the code before there were presets.
#[test]
fn presets_and_the_dialects_of_hosts_agree() {
    for id in ["openai", "openrouter", "azure"] {
        let preset = Preset::by_id(id).unwrap();
        let chat = preset.resolve(&examples(preset), Some(WireFamily::OpenAiChat));
        let chat = chat.unwrap();
        assert_eq!(chat.dialect, Dialect::of(&chat.base_url), "{id}");
    }
}

#[test]
fn who_goes_on_from_half_an_answer_is_told_how() {
    use crate::openai_chat::Continuation;
    for preset in Preset::all() {
        let speaks_chat = preset.families().contains(&WireFamily::OpenAiChat);
        let is_told = preset.dialect.continuation != Continuation::Absent;
        let goes_on = !preset.prefill_models.is_empty();
        assert_eq!(is_told, goes_on && speaks_chat, "{}", preset.id);
        let lower = |name: &String| name.to_lowercase() == *name;
        assert!(preset.prefill_models.iter().all(lower), "{}", preset.id);
    }
}

#[test]
fn where_no_headers_are_documented_those_of_the_formats_maker_are_tried() {
    let shape = |id: &str, family| {
        let preset = Preset::by_id(id).unwrap();
        let resolved = preset.resolve(&BTreeMap::new(), Some(family)).unwrap();
        let config = resolved.config("any", crate::config::Credential::None, false);
        config.rate_limit_headers
    };
    use RateLimitHeaders as Headers;
    for (id, family, expected) in [
        ("groq", WireFamily::OpenAiChat, Headers::Groq),
        (
            "openrouter",
            WireFamily::AnthropicMessages,
            Headers::Openrouter,
        ),
        ("xai", WireFamily::OpenAiResponses, Headers::Openai),
        (
            "deepseek",
            WireFamily::AnthropicMessages,
            Headers::Anthropic,
        ),
        ("google", WireFamily::Gemini, Headers::None),
    ] {
        assert_eq!(shape(id, family), expected, "{id} {family:?}");
    }
}
