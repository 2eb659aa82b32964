//! Who may depend on whom, by what the manifests say.

use std::process::Command;

use serde_json::Value;

use crate::{assert_none, top};

/// What each of our packages may depend on among our own. The shell may use the domain's types,
/// which cross the contract anyway.
const ARROWS: &[(&str, &[&str])] = &[
    ("patchbay-domain", &[]),
    ("patchbay-contract", &["patchbay-domain"]),
    ("patchbay-providers", &["patchbay-domain"]),
    ("patchbay-local", &["patchbay-domain"]),
    ("patchbay-store", &["patchbay-domain"]),
    ("patchbay-telemetry", &["patchbay-domain"]),
    ("patchbay-vault", &["patchbay-domain"]),
    (
        "patchbay-engine",
        &[
            "patchbay-domain",
            "patchbay-local",
            "patchbay-providers",
            "patchbay-store",
            "patchbay-telemetry",
            "patchbay-vault",
        ],
    ),
    ("patchbay-gateway", &["patchbay-domain", "patchbay-engine"]),
    (
        "patchbay-cli",
        &["patchbay-domain", "patchbay-engine", "patchbay-gateway"],
    ),
    (
        "patchbay",
        &[
            "patchbay-cli",
            "patchbay-contract",
            "patchbay-domain",
            "patchbay-engine",
            "patchbay-gateway",
        ],
    ),
    ("patchbay-testkit", &["patchbay-domain"]),
    // Nothing ships from here; the store is opened to see what a killed app has left in it.
    (
        "patchbay-e2e",
        &["patchbay-domain", "patchbay-store", "patchbay-testkit"],
    ),
    ("xtask", &[]),
];

/// Packages of others that belong to few of ours. A name that ends in `*` stands for all that begin
/// so.
const OWNED: &[(&str, &[&str])] = &[
    ("tauri*", &["patchbay"]),
    ("reqwest", &["patchbay-providers"]),
    ("rusqlite*", &["patchbay-store"]),
    ("keyring*", &["patchbay-vault"]),
    ("*-keyring-store", &["patchbay-vault"]),
    ("axum*", &["patchbay-gateway", "patchbay-testkit"]),
    ("candle*", &["patchbay-local"]),
    ("fantoccini", &["patchbay-e2e"]),
    ("opentelemetry*", &["patchbay-telemetry"]),
    ("anyhow", &["patchbay", "patchbay-e2e", "xtask"]),
    ("chrono", &[]),
    ("time", &[]),
    ("openssl*", &[]),
    ("native-tls", &[]),
    ("eventsource-stream", &[]),
];

/// All that the domain may use, tests aside: nothing that has a clock, a thread or a socket.
const DOMAIN_MAY_USE: &[&str] = &[
    "futures-core",
    "jiff",
    "patchbay-domain",
    "serde",
    "thiserror",
    "uuid",
];

const TESTKIT: &str = "patchbay-testkit";

struct Dependency {
    from: String,
    to: String,
    is_dev: bool,
}

fn breaks_an_arrow(dependency: &Dependency) -> Option<String> {
    let Dependency { from, to, is_dev } = dependency;
    if !ARROWS.iter().any(|(name, _)| name == to) {
        return None;
    }
    if to == TESTKIT && *is_dev {
        return None;
    }
    let allowed = ARROWS
        .iter()
        .find(|(name, _)| name == from)
        .map_or(&[][..], |(_, to)| to);
    (!allowed.contains(&to.as_str())).then(|| format!("{from} may not depend on {to}"))
}

fn breaks_ownership(dependency: &Dependency) -> Option<String> {
    let Dependency { from, to, .. } = dependency;
    let (pattern, owners) = OWNED
        .iter()
        .find(|(pattern, _)| matches_name(pattern, to))?;
    (!owners.contains(&from.as_str()))
        .then(|| format!("{from} may not depend on {to}: {pattern} belongs to {owners:?}"))
}

fn matches_name(pattern: &str, name: &str) -> bool {
    if let Some(start) = pattern.strip_suffix('*') {
        return name.starts_with(start);
    }
    match pattern.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == pattern,
    }
}

fn makes_the_domain_impure(dependency: &Dependency) -> Option<String> {
    let Dependency { from, to, is_dev } = dependency;
    let breaks = from == "patchbay-domain" && !is_dev && !DOMAIN_MAY_USE.contains(&to.as_str());
    breaks.then(|| format!("the domain may not depend on {to}"))
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn dependencies() -> Vec<Dependency> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let of_package = |package: &Value| {
        let from = text(&package["name"]);
        let list = package["dependencies"].as_array().unwrap().clone();
        list.into_iter().map(move |dependency| Dependency {
            from: from.clone(),
            to: text(&dependency["name"]),
            is_dev: dependency["kind"] == "dev",
        })
    };
    packages().iter().flat_map(of_package).collect()
}

fn normal(from: &str, to: &str) -> Dependency {
    Dependency {
        from: from.to_owned(),
        to: to.to_owned(),
        is_dev: false,
    }
}

#[test]
fn every_package_has_its_arrows() {
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        assert!(
            ARROWS.iter().any(|(known, _)| *known == name),
            "{name} is not in ARROWS"
        );
    }
}

#[test]
fn arrows_point_inwards() {
    assert!(breaks_an_arrow(&normal("patchbay-domain", "patchbay-store")).is_some());
    assert!(breaks_an_arrow(&normal("patchbay-store", "patchbay-vault")).is_some());
    assert!(breaks_an_arrow(&normal("patchbay-engine", TESTKIT)).is_some());
    assert_none(
        &dependencies()
            .iter()
            .filter_map(breaks_an_arrow)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn heavy_packages_stay_with_their_owner() {
    assert!(breaks_ownership(&normal("patchbay-engine", "tauri-plugin-opener")).is_some());
    assert!(
        breaks_ownership(&normal(
            "patchbay-engine",
            "zbus-secret-service-keyring-store"
        ))
        .is_some()
    );
    assert!(breaks_ownership(&normal("patchbay-store", "time")).is_some());
    assert!(breaks_ownership(&normal("patchbay-store", "timeago")).is_none());
    assert_none(
        &dependencies()
            .iter()
            .filter_map(breaks_ownership)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_domain_depends_on_nothing_that_acts() {
    assert!(makes_the_domain_impure(&normal("patchbay-domain", "tokio")).is_some());
    assert_none(
        &dependencies()
            .iter()
            .filter_map(makes_the_domain_impure)
            .collect::<Vec<_>>(),
    );
}
