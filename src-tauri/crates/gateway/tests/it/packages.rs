//! The official packages of OpenAI and Anthropic as clients, unchanged, for Python and for Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use patchbay_domain::AppRules;
use patchbay_engine::{AppForm, shown_once};

use crate::support::Bench;

fn packages(of: &str) -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(3)
        .unwrap();
    let folder = top.join("target/xtask/clients").join(of);
    assert!(
        folder.exists(),
        "{} is not there: `cargo xtask setup` installs the packages",
        folder.display()
    );
    folder
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sdk")
        .join(name)
}

/// Runs a script with the gateway in its environment; what it printed is what a failure shows.
async fn run(bench: &Bench, mut command: Command) {
    let rules = AppRules {
        requests_a_minute: Some(2),
        ..AppRules::default()
    };
    let form = AppForm {
        name: "Limited".to_owned(),
        rules,
    };
    let (_, limited) = bench.engine.create_app(form).await.unwrap();
    command
        .env("GATEWAY", format!("http://{}", bench.address()))
        .env("TOKEN", &bench.token)
        .env("LIMITED_TOKEN", shown_once(&limited))
        .env("PROVIDER", bench.provider.as_str())
        .env_remove("OPENAI_API_KEY")
        .env_remove("ANTHROPIC_API_KEY")
        // A proxy would be asked about loopback too.
        .env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "\n{said}\n{complained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn python() {
    let bench = Bench::start().await;
    let mut command = Command::new("python3");
    command
        .arg("-W")
        .arg("ignore")
        .arg(script("python_clients.py"))
        .env("PYTHONPATH", packages("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    run(&bench, command).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node() {
    let bench = Bench::start().await;
    let mut command = Command::new("node");
    command
        .arg(script("node_clients.mjs"))
        .env("PACKAGES", packages("node"));
    run(&bench, command).await;
}
