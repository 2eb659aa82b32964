//! `ask` and `models`, on the folder itself.

use serde_json::json;

use crate::support::{Cli, read_until, tell};

#[test]
fn an_answer_goes_to_standard_output_and_its_receipt_beside_it() {
    let (cli, _server) = Cli::with_provider();
    let asked = cli.run(&["ask", "--model", "scripted/echo", "one", "two"]);
    assert_eq!(asked.out, "one two\n", "{asked:?}");
    assert!(asked.errors.contains("echo by Scripted"), "{asked:?}");
    let quiet = cli.run(&["ask", "-q", "-m", "scripted/echo", "hush"]);
    assert_eq!((quiet.out.as_str(), quiet.errors.as_str()), ("hush\n", ""));
}

#[test]
fn standard_input_follows_the_text() {
    let (cli, server) = Cli::with_provider();
    let arguments = [
        "ask",
        "-m",
        "scripted/echo",
        "--system",
        "Be brief.",
        "Sum this up:",
    ];
    cli.run_with(&arguments, &[], Some("a long text\n")).good();
    let requests = server.chat_requests();
    let sent: serde_json::Value = serde_json::from_str(&requests.last().unwrap().body).unwrap();
    let sent = &sent["messages"];
    assert_eq!(sent[0]["content"], "Be brief.");
    assert_eq!(sent[1]["content"], "Sum this up:\n\na long text");
    let said = cli.run(&["ask", "-m", "scripted/echo"]).refused(2);
    assert!(said.contains("no question"), "{said}");
}

#[test]
fn json_has_the_answer_its_chat_and_each_attempt() {
    let (cli, _server) = Cli::with_provider();
    let asked = cli
        .run(&["ask", "-m", "scripted/500-then-ok", "Why?", "--json"])
        .json();
    assert_eq!(asked["status"], "complete");
    assert!(!asked["text"].as_str().unwrap().is_empty());
    assert_eq!(asked["attempts"].as_array().unwrap().len(), 2, "{asked}");
    assert_eq!(asked["attempts"][0]["status"], "failed");
    assert_eq!(asked["attempts"][1]["made_because"], "retry");
    assert_eq!(asked["cost"]["kind"], "unknown");
    let chat = asked["chat"].as_str().unwrap();
    let next = cli
        .run(&["ask", "--chat", chat, "And now?", "--json"])
        .json();
    assert_eq!(next["chat"], chat);
    assert_eq!(next["status"], "complete");
}

#[test]
fn a_failure_is_a_code_and_words() {
    let (cli, _server) = Cli::with_provider();
    let asked = cli.run(&["ask", "-m", "scripted/402", "Why?"]);
    assert_eq!(asked.out, "");
    let said = asked.refused(1);
    assert!(said.contains("Scripted"), "{said}");
    let said = cli
        .run(&["ask", "-m", "scripted/402", "Why?", "--json"])
        .refused(1);
    let error = said.lines().last().unwrap();
    let error: serde_json::Value = serde_json::from_str(error).unwrap();
    assert_eq!(error["error"]["code"], 1);
}

/// A pipe gets an answer once; who wants words as they come gets the half that was replaced, too.
#[test]
fn a_half_answer_that_was_replaced_does_not_reach_a_pipe() {
    let (cli, _server) = Cli::with_provider();
    cli.run(&[
        "route",
        "add",
        "r",
        "-m",
        "scripted/cut-after-40",
        "-m",
        "scripted/count-to-20",
        "--half-answer",
        "replace",
    ])
    .good();
    let piped = cli.run(&["ask", "-m", "r", "Count."]);
    assert_eq!(piped.code, 0, "{piped:?}");
    let whole = cli.run(&["ask", "-m", "scripted/count-to-20", "Count."]);
    assert_eq!(piped.out, whole.out);
    let streamed = cli.run(&["ask", "-m", "r", "Count.", "--stream"]);
    assert!(streamed.out.ends_with(&whole.out), "{streamed:?}");
    assert!(streamed.out.len() > whole.out.len(), "{streamed:?}");
    assert!(streamed.errors.contains("half an answer"), "{streamed:?}");
}

#[test]
fn endings_that_want_a_plan_of_their_own_are_for_apps() {
    let (cli, _server) = Cli::with_provider();
    let said = cli
        .run(&["ask", "-m", "scripted/echo:floor", "Why?"])
        .refused(2);
    assert!(said.contains(":floor") && said.contains("route"), "{said}");
}

#[test]
fn where_nobody_is_named_the_first_route_is_asked() {
    let (cli, _server) = Cli::with_provider();
    let said = cli.run(&["ask", "Why?"]).refused(2);
    assert!(said.contains("--model"), "{said}");
    cli.run(&["route", "add", "usual", "-m", "scripted/echo"])
        .good();
    let asked = cli.run(&["ask", "Hello", "--json"]).json();
    assert_eq!(asked["route"], "usual");
    assert_eq!(asked["text"], "Hello");
}

#[test]
fn an_interrupt_stops_the_answer_and_keeps_it() {
    let (cli, server) = Cli::with_provider();
    let arguments = ["ask", "-m", "scripted/drip", "Count.", "--stream"];
    let mut child = cli.command(&arguments).spawn().unwrap();
    server.release(2);
    let mut out = child.stdout.take().unwrap();
    read_until(&mut out, "1");
    tell(&child, rustix::process::Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stopped"), "{said}");
    // The folder was closed well: the next one finds nothing to mend.
    let next = cli.run(&["spend", "--json"]);
    assert!(!next.errors.contains("closed while"), "{next:?}");
}

#[test]
fn models_are_listed_and_searched() {
    let (cli, _server) = Cli::with_provider();
    cli.run(&["route", "add", "My route", "-m", "scripted/echo"])
        .good();
    let all = cli.run(&["models", "--json"]).json();
    let rows = all["models"].as_array().unwrap();
    assert_eq!(rows[0]["name"], "my-route");
    assert_eq!(rows[0]["is_route"], true);
    let found = cli
        .run(&["models", "--search", "scripted echo", "--json"])
        .json();
    let rows = found["models"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["providers"] == json!(["scripted"])),
        "{found}"
    );
    assert!(rows.len() < 5, "{found}");
    // What is listed can be asked by that name.
    let name = rows[0]["name"].as_str().unwrap();
    assert_eq!(
        cli.run(&["ask", "-q", "-m", name, "Hello"]).good(),
        "Hello\n"
    );
    let none = cli.run(&["models", "--search", "no-such-name"]);
    assert!(none.errors.contains("No name"), "{none:?}");
}
