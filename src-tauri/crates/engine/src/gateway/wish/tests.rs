use std::collections::HashMap;
use std::sync::Arc;

use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::route::WaysIn;
use patchbay_domain::{Capabilities, Price, Rates, RouteId};

use super::*;

const NOW: UnixMillis = UnixMillis(0);

/// Dollars a million tokens, for prompt and answer alike.
fn way(provider: &str, model: &str, key: &str, dollars: Option<i64>) -> WayIn {
    let tag = PriceTag {
        source: PriceSource::Snapshot,
        name: "test".to_owned(),
        as_of: NOW,
    };
    let rate = dollars.map(|dollars| NanoUsdPerMTok(dollars * 1_000_000_000));
    WayIn {
        endpoint: Endpoint {
            provider: ProviderId::new(provider),
            model: model.to_owned(),
        },
        provider_name: provider.to_owned(),
        model_key: key.to_owned(),
        context_length: None,
        max_output: None,
        capabilities: Capabilities::default(),
        price: rate.map(|rate| {
            Price::flat(
                Rates {
                    input: Some(rate),
                    output: Some(rate),
                    ..Rates::default()
                },
                tag,
            )
        }),
        keys: 1,
        is_direct: None,
        data_policy: None,
        region: None,
        unavailable_because: None,
        is_chat: true,
        embeds: None,
        takes_prefill: false,
    }
}

fn known() -> Known {
    let ways = vec![
        way("maker", "gpt-x", "maker/gpt-x", Some(5)),
        way("shop", "maker/gpt-x", "maker/gpt-x", Some(3)),
        way("gift", "gpt-x-gift", "maker/gpt-x", Some(0)),
        way("shop", "other/y", "other/y", None),
    ];
    let reach = |id: &str, name: &str| {
        let reach = crate::routing::Reach::without_keys(ProviderId::new(id), name);
        (ProviderId::new(id), Arc::new(reach))
    };
    let entries = vec![RouteEntry::Model {
        key: "maker/gpt-x".to_owned(),
    }];
    Known {
        ways: WaysIn::new(ways),
        providers: HashMap::from([
            reach("maker", "The Maker"),
            reach("shop", "Shop"),
            reach("gift", "Gift"),
            reach("bare", "Bare"),
        ]),
        routes: vec![Route::new(
            RouteId::from_bytes([7; 16]),
            "My Quick One",
            entries,
        )],
    }
}

fn model(key: &str) -> Target {
    Target::Model {
        key: key.to_owned(),
    }
}

fn resolved(wish: &Wish) -> Wanted {
    wish.resolve(&known(), NOW, WishFor::Answers).unwrap()
}

fn providers(wanted: &Wanted) -> Vec<String> {
    let route = wanted.made.as_ref().unwrap();
    route
        .entries
        .iter()
        .map(|entry| match entry {
            RouteEntry::Endpoint { endpoint } => endpoint.provider.to_string(),
            RouteEntry::Model { key } => key.clone(),
        })
        .collect()
}

#[test]
fn a_name_is_a_route_a_model_or_a_way_in() {
    let route = Target::Route {
        id: RouteId::from_bytes([7; 16]),
    };
    let endpoint = |provider: &str, model: &str| Target::Endpoint {
        endpoint: Endpoint {
            provider: ProviderId::new(provider),
            model: model.to_owned(),
        },
    };
    for (name, target) in [
        ("my quick one", route.clone()),
        ("my-quick-one", route),
        ("maker/gpt-x", model("maker/gpt-x")),
        ("shop/maker/gpt-x", endpoint("shop", "maker/gpt-x")),
        ("Shop/other/y", endpoint("shop", "other/y")),
        ("gpt-x", model("maker/gpt-x")),
        ("gpt-x-gift", model("maker/gpt-x")),
        ("y", model("other/y")),
        // Whoever names a provider is taken at their word.
        ("bare/anything", endpoint("bare", "anything")),
    ] {
        let wanted = resolved(&Wish::of(name));
        assert_eq!(wanted, Wanted { target, made: None }, "{name}");
    }
}

#[test]
fn a_name_that_stands_for_nothing_is_refused_with_the_nearest_one() {
    for name in ["makers/gpt-z", "shop/", "", "zzz"] {
        let error = Wish::of(name)
            .resolve(&known(), NOW, WishFor::Answers)
            .unwrap_err();
        let EngineError::Input(input) = error else {
            panic!("{error:?}");
        };
        assert_eq!(input.field, UNKNOWN_MODEL);
        let is_near = input.advice.contains("maker/gpt-x");
        assert_eq!(is_near, name == "makers/gpt-z", "{name}: {}", input.advice);
    }
}

#[test]
fn words_behind_a_name_set_the_order() {
    let policy = |name: &str| resolved(&Wish::of(name)).made.unwrap().policy;
    assert_eq!(policy("gpt-x:floor"), Policy::Cheapest);
    assert_eq!(policy("gpt-x:nitro"), Policy::Fastest);
    assert_eq!(
        providers(&resolved(&Wish::of("maker/gpt-x:free"))),
        ["gift"]
    );
    assert!(
        Wish::of("other/y:free")
            .resolve(&known(), NOW, WishFor::Answers)
            .is_err()
    );
}

#[test]
fn preferences_choose_among_the_ways_in() {
    let wish = |change: fn(&mut Wish)| {
        let mut wish = Wish::of("maker/gpt-x");
        change(&mut wish);
        providers(&resolved(&wish))
    };
    assert_eq!(wish(|wish| wish.only = vec!["SHOP".to_owned()]), ["shop"]);
    assert_eq!(
        wish(|wish| wish.ignore = vec!["the maker".to_owned()]),
        ["shop", "gift"]
    );
    assert_eq!(
        wish(|wish| wish.order = vec!["gift".to_owned(), "shop".to_owned()]),
        ["gift", "shop", "maker"]
    );
    assert_eq!(
        wish(|wish| wish.prompt_ceiling = ceiling_from_dollars(3.0)),
        ["shop", "gift"]
    );
    let ordered = Wish {
        order: vec!["shop".to_owned()],
        ..Wish::of("maker/gpt-x")
    };
    assert_eq!(resolved(&ordered).made.unwrap().policy, Policy::AsListed);
}

#[test]
fn several_models_are_asked_as_they_were_written() {
    let wish = Wish {
        models: vec!["other/y".to_owned(), "maker/gpt-x".to_owned()],
        ..Wish::default()
    };
    let wanted = resolved(&wish);
    assert_eq!(wanted.target, model("other/y"));
    assert_eq!(providers(&wanted), ["shop", "maker", "shop", "gift"]);
    assert_eq!(wanted.made.unwrap().policy, Policy::AsListed);
}

#[test]
fn a_route_keeps_its_own_conditions() {
    let mut known = known();
    known.routes[0].requirements.output_ceiling = ceiling_from_dollars(2.0);
    known.routes[0].requirements.no_keeping = true;
    let wish = Wish {
        output_ceiling: ceiling_from_dollars(4.0),
        ..Wish::of("my-quick-one")
    };
    let made = wish
        .resolve(&known, NOW, WishFor::Answers)
        .unwrap()
        .made
        .unwrap();
    assert_eq!(made.requirements.output_ceiling, ceiling_from_dollars(2.0));
    assert!(made.requirements.no_keeping);
    assert_eq!(made.name, "My Quick One");
}

#[test]
fn ceilings_are_dollars() {
    assert_eq!(
        ceiling_from_dollars(1.5),
        Some(NanoUsdPerMTok(1_500_000_000))
    );
    for wrong in [-1.0, f64::NAN, f64::INFINITY, 1e9] {
        assert_eq!(ceiling_from_dollars(wrong), None, "{wrong}");
    }
}
