//! Providers, keys, routes, apps, budgets.

use patchbay_testkit::{ScriptedOptions, ScriptedProvider};
use serde_json::json;

use crate::support::Cli;

#[test]
fn a_provider_is_added_listed_changed_tested_and_removed() {
    let (cli, server) = Cli::with_provider();
    let listed = cli.run(&["provider", "list", "--json"]).json();
    let provider = &listed["providers"][0];
    assert_eq!(provider["id"], "scripted");
    assert_eq!(provider["family"], "openai_chat");
    assert_eq!(provider["key"], json!(null));
    assert!(provider["models"].as_u64().unwrap() > 10, "{provider}");
    let url = server.base_url();
    let changed = cli
        .run(&[
            "provider",
            "add",
            "--replace",
            "scripted",
            "--url",
            &url,
            "--name",
            "Mine",
            "--json",
        ])
        .json();
    assert_eq!(
        (&changed["id"], &changed["name"]),
        (&json!("scripted"), &json!("Mine"))
    );
    let tested = cli.run(&["provider", "test", "mine", "--json"]).json();
    assert_eq!(tested["is_good"], true, "{tested}");
    assert!(cli.run(&["provider", "list"]).good().contains("Mine"));
    cli.run(&["provider", "remove", "Mine"]).good();
    let said = cli.run(&["provider", "remove", "Mine"]).refused(2);
    assert!(said.contains("no provider"), "{said}");
}

#[test]
fn presets_name_their_environment_variables() {
    let cli = Cli::new();
    let listed = cli.run(&["provider", "presets", "--json"]).json();
    let presets = listed["presets"].as_array().unwrap();
    let openai = presets
        .iter()
        .find(|preset| preset["id"] == "openai")
        .unwrap();
    assert_eq!(openai["environment"][0], "OPENAI_API_KEY");
    let said = cli
        .run(&["provider", "add", "--preset", "openay"])
        .refused(2);
    assert!(
        said.contains("openay") && said.contains("presets"),
        "{said}"
    );
}

#[test]
fn an_address_that_is_none_is_wrong_usage_in_words_and_in_json() {
    let cli = Cli::new();
    let arguments = ["provider", "add", "--url", "ftp://a.example", "--json"];
    let said = cli.run(&arguments).refused(2);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["error"]["code"], 2);
    assert_eq!(said["error"]["field"], "base_url");
    assert!(
        said["error"]["sentence"].as_str().unwrap().len() > 10,
        "{said}"
    );
}

/// The key of a server that refuses all others, by a named variable and never as an argument.
#[test]
fn a_key_comes_from_a_named_variable_and_is_never_printed() {
    const KEY: &str = "sk-scripted-0123456789";
    let server = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let cli = Cli::new();
    let base_url = server.base_url();
    let added = cli.run(&["provider", "add", "--url", &base_url, "--name", "Scripted"]);
    assert!(added.errors.contains("not listed"), "{added:?}");
    let ask = [
        "ask",
        "--model",
        "scripted/answer",
        "Why?",
        "--key-from-env",
        "scripted=MY_KEY",
    ];
    let said = cli.run(&ask).refused(2);
    assert!(said.contains("MY_KEY"), "{said}");
    let asked = cli.run_with(&ask, &[("MY_KEY", KEY)], None);
    assert!(!format!("{asked:?}").contains(KEY), "{asked:?}");
    assert!(!asked.good().is_empty());
    // Held for that run only: nothing of it is in the folder.
    let said = cli.run(&ask[..4]).refused(1);
    assert!(!said.contains(KEY), "{said}");
    for entry in std::fs::read_dir(cli.home.data_folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has_key = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
            assert!(!has_key, "{}", path.display());
        }
    }
}

#[test]
fn a_key_typed_as_an_argument_is_refused_and_not_repeated() {
    const KEY: &str = "sk-typed-in-the-wrong-place";
    let (cli, _server) = Cli::with_provider();
    for arguments in [
        &["key", "add", "scripted", "--from-env", KEY][..],
        &["key", "remove", "scripted", KEY],
        &["ask", "Why?", "--key-from-env", KEY],
        &["app", "list", "--token-from-env", KEY],
    ] {
        let ran = cli.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(!ran.out.contains(KEY), "{ran:?}");
        assert!(!ran.errors.contains(KEY), "{ran:?}");
    }
}

#[test]
fn without_a_keychain_a_key_is_kept_nowhere_and_that_is_said() {
    let (cli, _server) = Cli::with_provider();
    let arguments = ["key", "add", "scripted", "--from-stdin"];
    let said = cli
        .run_with(&arguments, &[], Some("sk-secret\n"))
        .refused(2);
    assert!(said.contains("--key-from-env scripted=NAME"), "{said}");
    let said = cli.run(&["key", "add", "scripted"]).refused(2);
    assert!(said.contains("--from-stdin"), "{said}");
    let keys = cli.run(&["key", "list", "--json"]).json();
    assert_eq!(keys["keys"], json!([]));
}

/// A server, mostly: the keychain may be used, and there is none.
#[test]
fn a_computer_without_a_keychain_is_told_another_way() {
    let (cli, _server) = Cli::with_provider();
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_patchbay-cli"))
        .args(["key", "add", "scripted", "--from-env", "MY_KEY"])
        .env_clear()
        .envs(cli.home.environment())
        .env("MY_KEY", "sk-1")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    let said = String::from_utf8(said.stderr).unwrap();
    assert!(said.contains("--key-from-env scripted=NAME"), "{said}");
    let keys = cli.run(&["key", "list", "--json"]).json();
    assert_eq!(keys["keys"], json!([]));
}

#[test]
fn a_route_is_written_listed_read_back_replaced_and_removed() {
    let (cli, _server) = Cli::with_provider();
    cli.run(&[
        "route",
        "add",
        "Every day",
        "--model",
        "scripted/answer",
        "--model",
        "scripted/echo",
        "--policy",
        "cheapest",
        "--needs",
        "tools",
        "--hedged",
        "--answer-ceiling",
        "0.25",
        "--half-answer",
        "keep",
        "--first-token-millis",
        "7000",
    ])
    .good();
    let listed = cli.run(&["route", "list", "--json"]).json();
    let route = &listed["routes"][0];
    assert_eq!(route["policy"], "cheapest");
    assert_eq!(route["entries"].as_array().unwrap().len(), 2);
    assert_eq!(route["requirements"]["tools"], true);
    assert_eq!(route["requirements"]["answer_ceiling"], 250_000_000);
    assert_eq!(route["half_answer"], "keep");
    assert_eq!(route["limits"]["first_token_millis"], 7_000);
    let file = cli.file("route.json", &route.to_string());
    let said = cli.run(&["route", "add", "--from", &file]).refused(2);
    assert!(said.contains("name"), "{said}");
    let copied = cli
        .run(&["route", "add", "Copy", "--from", &file, "--json"])
        .json();
    assert_ne!(copied["id"], route["id"]);
    assert_eq!(copied["requirements"], route["requirements"]);
    let replaced = cli
        .run(&[
            "route",
            "add",
            "--from",
            &file,
            "--replace",
            "--policy",
            "fastest",
            "--json",
        ])
        .json();
    assert_eq!(replaced["id"], route["id"]);
    assert_eq!(replaced["policy"], "fastest");
    cli.run(&["route", "remove", "every day"]).good();
    let left = cli.run(&["route", "list", "--json"]).json();
    assert_eq!(left["routes"].as_array().unwrap().len(), 1);
    let said = cli
        .run(&["route", "add", "X", "--model", "nobody/unheard-of"])
        .refused(2);
    assert!(said.contains("unheard-of"), "{said}");
}

#[test]
fn an_apps_token_is_printed_once_and_alone() {
    let cli = Cli::new();
    let added = cli.run(&["app", "add", "Aider", "--requests-a-minute", "10"]);
    let token = added.out.trim().to_owned();
    assert!(
        token.starts_with("pb-") && !token.contains(char::is_whitespace),
        "{added:?}"
    );
    assert!(!added.errors.contains(&token), "{added:?}");
    let listed = cli.run(&["app", "list", "--json"]);
    assert!(!listed.out.contains(&token));
    let listed = listed.json();
    assert_eq!(listed["apps"][0]["id"], "aider");
    assert_eq!(listed["apps"][0]["state"], "active");
    assert_eq!(listed["apps"][0]["rules"]["requests_a_minute"], 10);
    let renewed = cli.run(&["app", "renew", "aider", "--json"]).json();
    assert_ne!(renewed["token"], token);
    let revoked = cli.run(&["app", "revoke", "Aider", "--json"]).json();
    assert_eq!(revoked["state"], "revoked");
    cli.run(&["app", "remove", "aider"]).good();
    assert_eq!(
        cli.run(&["app", "list", "--json"]).json()["apps"],
        json!([])
    );
}

#[test]
fn an_apps_rules_are_changed_and_its_token_stays() {
    let cli = Cli::new();
    cli.run(&["app", "add", "Aider", "--allow", "usual", "--hold-back"])
        .good();
    let before = cli.run(&["app", "list", "--json"]).json();
    let changed = cli
        .run(&[
            "app",
            "change",
            "aider",
            "--name",
            "Zed",
            "--keep-no-texts",
            "--json",
        ])
        .json();
    assert_eq!(changed["name"], "Zed");
    assert_eq!(changed["id"], "aider");
    assert_eq!(changed["rules"]["models"], json!([]));
    assert_eq!(changed["rules"]["keeps_texts"], false);
    assert_eq!(changed["token_hint"], before["apps"][0]["token_hint"]);
}

#[test]
fn a_price_of_ones_own_wins_and_is_taken_back() {
    let (cli, _server) = Cli::with_provider();
    let set = cli
        .run(&[
            "price",
            "set",
            "scripted/answer",
            "--input",
            "1.5",
            "--output",
            "6",
            "--json",
        ])
        .json();
    assert_eq!(set["price"]["input_usd_per_million"], "1.500000000");
    let asked = cli
        .run(&["ask", "-m", "scripted/answer", "Why?", "--json"])
        .json();
    assert_eq!(asked["cost"]["kind"], "computed");
    let removed = cli
        .run(&["price", "remove", "scripted/answer", "--json"])
        .json();
    assert_eq!(removed["price"], json!(null));
    let said = cli
        .run(&[
            "price",
            "set",
            "scripted/answer",
            "--input",
            "cheap",
            "--output",
            "6",
        ])
        .refused(2);
    assert!(!said.is_empty());
}

#[test]
fn a_budget_holds_an_app() {
    let cli = Cli::new();
    cli.run(&["app", "add", "Aider"]).good();
    let added = cli
        .run(&[
            "budget", "add", "2.50", "--app", "aider", "--period", "day", "--stops", "--json",
        ])
        .json();
    assert_eq!(added["limit_usd"], "2.500000000");
    assert_eq!(added["scope"], json!({ "kind": "app", "app": "aider" }));
    let id = added["id"].as_str().unwrap();
    cli.run(&["budget", "remove", id]).good();
    assert_eq!(
        cli.run(&["budget", "list", "--json"]).json()["budgets"],
        json!([])
    );
}

#[test]
fn the_windows_gateway_is_switched() {
    let cli = Cli::new();
    let status = cli.run(&["gateway", "status", "--json"]).json();
    assert_eq!(status, json!({ "is_on": false, "port": 4180 }));
    cli.run(&["gateway", "on", "--port", "4999"]).good();
    let status = cli.run(&["gateway", "status", "--json"]).json();
    assert_eq!(status, json!({ "is_on": true, "port": 4999 }));
    cli.run(&["gateway", "off"]).good();
    let said = cli.run(&["gateway", "on", "--port", "0"]).refused(2);
    assert!(said.contains("port"), "{said}");
}

#[test]
fn the_model_on_this_computer_says_that_it_is_missing() {
    let cli = Cli::new();
    let status = cli.run(&["local-model", "status", "--json"]).json();
    assert_eq!(status["state"], "missing");
}
