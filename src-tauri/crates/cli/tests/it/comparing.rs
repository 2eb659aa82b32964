//! `compare`.

use crate::support::Cli;

#[test]
fn two_models_answer_two_prompts() {
    let (cli, _server) = Cli::with_provider();
    let compared = cli
        .run(&[
            "compare",
            "-m",
            "scripted/echo",
            "-m",
            "scripted/count-to-20",
            "--prompt",
            "Hello",
            "--prompt",
            "Bye",
            "--json",
        ])
        .json();
    assert_eq!(compared["state"], "done");
    assert_eq!(compared["columns"].as_array().unwrap().len(), 2);
    assert_eq!(compared["cases"].as_array().unwrap().len(), 2);
    let answer = &compared["cases"][0]["repeats"][0]["answers"][0];
    assert_eq!(
        (&answer["state"], &answer["text"]),
        (&"answered".into(), &"Hello".into())
    );
    // A round that was printed is a file that runs again.
    let file = cli.file("round.json", &compared.to_string());
    let again = cli
        .run(&["compare", &file, "--repeats", "2", "--json"])
        .json();
    assert_eq!(
        again["definition"]["columns"],
        compared["definition"]["columns"]
    );
    assert_eq!(again["cases"][1]["repeats"].as_array().unwrap().len(), 2);
    let table = cli.run(&["compare", &file]);
    assert!(table.errors.contains("4 of 4"), "{table:?}");
    let table = table.good();
    assert!(table.contains("COLUMN") && table.contains("## "), "{table}");
    for (format, mark) in [("markdown", "#"), ("csv", ","), ("html", "<html")] {
        let text = cli.run(&["compare", &file, "--format", format]).good();
        assert!(text.contains(mark), "{format}: {text}");
    }
}

#[test]
fn a_short_file_is_a_comparison_with_variables_and_checks() {
    let (cli, _server) = Cli::with_provider();
    let text = r#"{
        "models": ["scripted/echo"],
        "prompts": ["The capital of {{country}}?"],
        "rows": [{"country": "Peru"}, {"country": "Chad"}],
        "checks": [{"type": "contains", "text": "Peru"}]
    }"#;
    let file = cli.file("capitals.json", text);
    let compared = cli.run(&["compare", &file, "--json"]);
    let compared = compared.json();
    assert_eq!(compared["name"], "capitals");
    assert_eq!(compared["cases"].as_array().unwrap().len(), 2);
    assert_eq!(compared["columns"][0]["checks_passed"], 1, "{compared}");
    let estimate = cli.run(&["compare", &file, "--dry-run", "--json"]).json();
    assert_eq!(estimate["answers"], 2);
}

#[test]
fn missing_answers_are_no_success() {
    let (cli, server) = Cli::with_provider();
    let compared = cli.run(&["compare", "-m", "scripted/401", "-p", "Hello"]);
    let said = compared.refused(1);
    assert!(said.contains("1 of 1 answers are missing"), "{said}");
    let before = server.chat_requests().len();
    cli.run(&["compare", "-m", "scripted/echo", "-p", "Hello", "--dry-run"])
        .good();
    assert_eq!(server.chat_requests().len(), before);
}

#[test]
fn a_file_that_is_no_comparison_says_what_is_wrong() {
    let (cli, _server) = Cli::with_provider();
    let file = cli.file("wrong.json", r#"{"prompts": ["Hello"], "modells": []}"#);
    let said = cli.run(&["compare", &file]).refused(2);
    assert!(said.contains("modells"), "{said}");
    let said = cli.run(&["compare", "nowhere.json"]).refused(2);
    assert!(said.contains("nowhere.json"), "{said}");
    let said = cli.run(&["compare"]).refused(2);
    assert!(said.contains("<FILE>"), "{said}");
}
