//! `serve`: answers over TCP, holds the folder, ends well.

use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;

use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use crate::support::Cli;

fn token(cli: &Cli) -> String {
    cli.run(&["app", "add", "Script"]).good().trim().to_owned()
}

#[test]
fn it_answers_apps_and_ends_well_when_it_is_told() {
    let (cli, _server) = Cli::with_provider();
    let token = token(&cli);
    let serving = cli.serve(&[], &[]);
    assert!(serving.address.ip().is_loopback());
    assert_eq!(serving.ready["pid"], serving.id());
    let base_url = format!("http://{}/v1", serving.address);
    assert_eq!(serving.ready["base_url"], base_url);
    let health = serving.send(&format!(
        "GET /health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        serving.address
    ));
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let reply = serving.chat(&token, "scripted/echo");
    assert!(
        reply.starts_with("HTTP/1.1 200") && reply.contains("Say something."),
        "{reply}"
    );
    let reply = serving.chat("pb-wrong", "scripted/echo");
    assert!(reply.starts_with("HTTP/1.1 401"), "{reply}");
    let address = serving.address;
    let ended = serving.terminate();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!ended.errors.contains(&token), "{ended:?}");
    assert!(TcpStream::connect(address).is_err());
    assert!(!cli.home.data_folder().join("gateway.address").exists());
    // The folder is free, sound, and holds what was asked.
    let next = cli.run(&["spend", "--by", "app", "--json"]);
    assert_eq!(next.errors, "");
    assert_eq!(next.json()["groups"][0]["key"], "script");
}

#[test]
fn while_it_runs_set_up_says_so_and_asking_goes_through_it() {
    let (cli, _server) = Cli::with_provider();
    cli.run(&["route", "add", "usual", "-m", "scripted/count-to-20"])
        .good();
    let token = token(&cli);
    let serving = cli.serve(&[], &[]);
    for arguments in [
        &["provider", "list"][..],
        &["key", "list"],
        &["route", "list"],
        &["app", "add", "Other"],
        &["spend"],
        &["compare", "-m", "scripted/echo", "-p", "Hello"],
        &["serve", "--port", "0"],
    ] {
        let said = cli.run(arguments).refused(3);
        assert!(
            said.contains("Another copy of Patchbay"),
            "{arguments:?}: {said}"
        );
        assert!(
            said.contains("systemctl --user stop"),
            "{arguments:?}: {said}"
        );
    }
    let said = cli.run(&["ask", "Hello"]).refused(3);
    assert!(said.contains("--token-from-env"), "{said}");
    assert!(said.contains(&serving.address.to_string()), "{said}");
    let variables = [("PATCHBAY_TOKEN", token.as_str())];
    let through = ["--token-from-env", "PATCHBAY_TOKEN"];
    let run = |arguments: &[&str]| {
        let all: Vec<&str> = arguments.iter().chain(&through).copied().collect();
        cli.run_with(&all, &variables, None)
    };
    let asked = run(&["ask", "-m", "scripted/echo", "Hello"]);
    assert_eq!(asked.out, "Hello\n", "{asked:?}");
    assert!(asked.errors.contains("by Scripted"), "{asked:?}");
    let streamed = run(&["ask", "-m", "scripted/echo", "--stream", "one two three"]);
    assert_eq!(streamed.out, "one two three\n", "{streamed:?}");
    let json = run(&["ask", "Count.", "--json"]).json();
    assert_eq!(json["status"], "complete");
    assert!(json["text"].as_str().unwrap().contains("20"), "{json}");
    assert_eq!(json["attempts"][0]["provider"], "scripted");
    assert!(json["attempts"][0]["total_millis"].is_u64(), "{json}");
    let models = run(&["models", "--search", "usual", "--json"]).json();
    assert_eq!(models["models"][0]["is_route"], true);
    let failed = run(&["ask", "-m", "scripted/402", "Hello"]);
    assert_eq!(failed.out, "");
    failed.refused(1);
    let wrong = [("PATCHBAY_TOKEN", "pb-wrong")];
    let arguments = ["ask", "Hello", through[0], through[1]];
    let said = cli.run_with(&arguments, &wrong, None).refused(1);
    assert!(!said.contains("pb-wrong"), "{said}");
    // As where the window has the folder and its gateway is off.
    std::fs::remove_file(cli.home.data_folder().join("gateway.address")).unwrap();
    let said = run(&["ask", "Hello"]).refused(3);
    assert!(said.contains("Its gateway is off"), "{said}");
    assert_eq!(serving.terminate().code, 0);
}

/// A crash leaves the file behind; then nobody holds the folder, and nobody is sent a token.
#[test]
fn a_file_that_a_crash_left_leads_nowhere() {
    let (cli, _server) = Cli::with_provider();
    let serving = cli.serve(&[], &[]);
    let file = cli.home.data_folder().join("gateway.address");
    assert!(file.exists());
    drop(serving);
    assert!(file.exists(), "it was killed");
    let asked = cli.run_with(
        &[
            "ask",
            "-m",
            "scripted/echo",
            "Hello",
            "--token-from-env",
            "T",
        ],
        &[("T", "pb-x")],
        None,
    );
    assert_eq!(asked.out, "Hello\n", "{asked:?}");
}

#[test]
fn keys_for_it_come_from_named_variables() {
    const KEY: &str = "sk-served-0123456789";
    let server = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let cli = Cli::new();
    let base_url = server.base_url();
    cli.run(&["provider", "add", "--url", &base_url, "--name", "Scripted"])
        .good();
    let token = token(&cli);
    let variables = [("MY_KEY", KEY)];
    let serving = cli.serve(&["--key-from-env", "scripted=MY_KEY"], &variables);
    let reply = serving.chat(&token, "scripted/answer");
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    let ended = serving.terminate();
    assert!(!format!("{ended:?}").contains(KEY), "{ended:?}");
}

#[test]
fn a_port_that_is_taken_is_said() {
    let cli = Cli::new();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let said = cli.run(&["serve", "--port", &port]).refused(1);
    assert!(
        said.contains(&port) && said.contains("another port"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_service_manager_is_told_when_it_listens_and_when_it_ends() {
    let cli = Cli::new();
    let path = cli.home.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    let serving = cli.serve(&[], &[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    let mut told = [0; 64];
    let count = manager.recv(&mut told).unwrap();
    assert_eq!(&told[..count], b"READY=1");
    serving.terminate().good();
    let count = manager.recv(&mut told).unwrap();
    assert_eq!(&told[..count], b"STOPPING=1");
}
