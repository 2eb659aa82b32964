//! Keys in a real keychain: gnome-keyring on a session bus of the test's own.
//!
//! Needs the packages `dbus` and `gnome-keyring`, as the vault's own tests do, and fails without them.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};

use patchbay_testkit::{Collector, ScriptedOptions, ScriptedProvider, TemporaryHome};

const KEY: &str = "sk-kept-0123456789";

/// Each command is a process of its own, so that what the last ones find was kept by the first.
const SCRIPT: &str = r#"
set -eu
printf 'correct horse' | gnome-keyring-daemon --unlock --components=secrets > keyring.log 2>&1
"$CLI" provider add --url "$BASE_URL" --name Scripted > /dev/null 2>&1
printf '%s\n' "$THE_KEY" | env -u THE_KEY "$CLI" key add scripted --from-stdin --label work > added.txt
"$CLI" key add scripted --from-env THE_KEY --label home >> added.txt
unset THE_KEY
"$CLI" key order scripted home work > order.txt
"$CLI" key switch scripted home off > switched.txt
"$CLI" key switch scripted home on > switched.txt
"$CLI" key order scripted work home > order.txt
"$CLI" key list --json > keys.json
"$CLI" ask --model scripted/answer --json 'Why?' > answer.json
"$CLI" key remove scripted work > removed.txt
"$CLI" key remove scripted > removed.txt
"$CLI" key list --json > none.json
"$CLI" provider add --preset openai --url "$BASE_URL" --name Maker > /dev/null 2>&1
printf '%s\n' "$THE_ADMIN_KEY" | env -u THE_ADMIN_KEY "$CLI" key add maker --admin --from-stdin >> added.txt
"$CLI" key list --json > admin.json
if "$CLI" key add maker --from-env THE_ADMIN_KEY >> added.txt 2>&1; then exit 1; fi
"$CLI" key remove maker --admin >> removed.txt
"$CLI" key list --json > no-admin.json
if "$CLI" key remove maker --admin > again.txt 2>&1; then exit 1; fi
"#;

const ADMIN_KEY: &str = "sk-admin-kept-0123456789";

/// Runs a script on a bus and in a home of its own, and returns the home with what it wrote.
fn played(script: &str, variables: &[(&str, &str)]) -> TemporaryHome {
    let home = TemporaryHome::new().unwrap();
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .envs(home.environment())
        .env("CLI", env!("CARGO_BIN_EXE_patchbay-cli"))
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("dbus-run-session does not start: install the package dbus");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        written(&home, "keyring.log")
    );
    home
}

/// A file that the script wrote; empty where it wrote none.
fn written(home: &TemporaryHome, name: &str) -> String {
    std::fs::read_to_string(home.path().join(name)).unwrap_or_default()
}

#[test]
fn a_key_is_kept_by_one_command_and_used_by_the_next() {
    let server = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let home = played(
        SCRIPT,
        &[
            ("BASE_URL", &server.base_url()),
            ("THE_KEY", KEY),
            ("THE_ADMIN_KEY", ADMIN_KEY),
        ],
    );
    let read = |name: &str| written(&home, name);
    let keys: serde_json::Value = serde_json::from_str(&read("keys.json")).unwrap();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert_eq!(keys[0]["label"], "work");
    assert!(
        keys.iter().all(|key| key["source"] == "keychain"),
        "{keys:?}"
    );
    let answer: serde_json::Value = serde_json::from_str(&read("answer.json")).unwrap();
    assert_eq!(answer["status"], "complete");
    let none: serde_json::Value = serde_json::from_str(&read("none.json")).unwrap();
    assert_eq!(none["keys"], serde_json::json!([]));
    // The admin key lies beside the others, is none of them, and goes by a word of its own.
    let admin: serde_json::Value = serde_json::from_str(&read("admin.json")).unwrap();
    let admin = admin["keys"].as_array().unwrap();
    assert_eq!(admin.len(), 1, "{admin:?}");
    assert_eq!(
        (&admin[0]["id"], &admin[0]["source"]),
        (&"admin".into(), &"keychain".into())
    );
    assert!(
        read("added.txt").contains("This is an admin key"),
        "{}",
        read("added.txt")
    );
    assert!(read("removed.txt").contains("Deleted the admin key of Maker"));
    assert!(read("again.txt").contains("Maker has no admin key"));
    let none: serde_json::Value = serde_json::from_str(&read("no-admin.json")).unwrap();
    assert_eq!(none["keys"], serde_json::json!([]));
    for name in ["added.txt", "admin.json", "removed.txt"] {
        assert!(!read(name).contains(ADMIN_KEY), "{name}");
    }
    for name in ["added.txt", "keys.json", "answer.json", "removed.txt"] {
        assert!(!read(name).contains(KEY), "{name}");
    }
}

const TELEMETRY: &str = r#"
set -eu
printf 'correct horse' | gnome-keyring-daemon --unlock --components=secrets > keyring.log 2>&1
"$CLI" provider add --url "$BASE_URL" --name Scripted > /dev/null 2>&1
printf 'Bearer %s' "$THE_KEY" | env -u THE_KEY "$CLI" telemetry on "$COLLECTOR" --header Authorization --from-stdin > on.txt
unset THE_KEY
"$CLI" telemetry test --json > tested.json
"$CLI" ask --model scripted/answer 'Why?' > answer.txt
"$CLI" telemetry status > status.txt
"$CLI" telemetry off > off.txt
"$CLI" ask --model scripted/answer 'And now?' > second.txt
"$CLI" telemetry on > again.txt
"#;

#[test]
fn a_collector_is_sent_what_one_command_asked_with_the_secret_of_another() {
    const SECRET: &str = "made-up-0123456789";
    let collector = Collector::start(Some(&format!("Bearer {SECRET}"))).unwrap();
    let server = ScriptedProvider::start().unwrap();
    let home = played(
        TELEMETRY,
        &[
            ("BASE_URL", &server.base_url()),
            ("COLLECTOR", &collector.address()),
            ("THE_KEY", SECRET),
        ],
    );
    let read = |name: &str| written(&home, name);
    let seen = collector.seen();
    let expected = format!("Bearer {SECRET}");
    assert!(!seen.is_empty());
    assert!(
        seen.iter()
            .all(|sent| sent.authorization.as_deref() == Some(expected.as_str()))
    );
    let asked = seen.iter().filter(|sent| sent.holds("chat answer")).count();
    assert_eq!(asked, 1, "the second question was asked while it was off");
    assert!(read("status.txt").contains("Authorization"));
    assert_eq!(read("off.txt").trim(), "Nothing is sent on.");
    assert!(read("again.txt").contains(&collector.address()));
    for name in ["on.txt", "tested.json", "status.txt", "again.txt"] {
        assert!(!read(name).contains(SECRET), "{name}");
    }
}
