//! Arguments, help, completions, man pages.

use crate::support::Cli;

const SUBCOMMANDS: [&str; 16] = [
    "serve",
    "ask",
    "models",
    "compare",
    "spend",
    "provider",
    "key",
    "route",
    "app",
    "budget",
    "price",
    "gateway",
    "local-model",
    "service",
    "completions",
    "man",
];

#[test]
fn help_names_every_subcommand_and_the_codes() {
    let cli = Cli::new();
    let help = cli.run(&["--help"]).good();
    for name in SUBCOMMANDS {
        assert!(help.contains(name), "{name}");
    }
    assert!(
        help.contains("EXIT CODES") && help.contains("PATCHBAY_DATA_DIR"),
        "{help}"
    );
    assert!(
        cli.run(&["--version"])
            .good()
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn wrong_arguments_end_with_2_and_touch_nothing() {
    let cli = Cli::new();
    for arguments in [
        &["asc", "Why?"][..],
        &["serve", "--port", "70000"],
        &["serve", "--host", "0.0.0.0"],
        &["route", "add", "x"],
        &["provider", "add"],
        &["key", "add", "x", "--from-stdin", "--from-env", "Y"],
        &["budget", "add", "much"],
    ] {
        let ran = cli.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(ran.out, "");
    }
    assert_eq!(
        std::fs::read_dir(cli.home.data_folder()).unwrap().count(),
        0
    );
}

#[test]
fn completions_name_every_subcommand_in_every_shell() {
    let cli = Cli::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = cli.run(&["completions", shell]).good();
        for name in SUBCOMMANDS {
            assert!(text.contains(name), "{shell}: {name}");
        }
        assert!(text.contains("patchbay-cli"), "{shell}");
    }
}

#[test]
fn man_pages_name_every_subcommand() {
    let cli = Cli::new();
    let page = cli.run(&["man"]).good();
    assert!(page.contains(".TH patchbay"), "{page}");
    for name in SUBCOMMANDS {
        assert!(page.replace('\\', "").contains(name), "{name}");
    }
    let folder = cli.home.path().join("man");
    cli.run(&["man", folder.to_str().unwrap()]).good();
    for name in SUBCOMMANDS {
        let file = folder.join(format!("patchbay-cli-{name}.1"));
        assert!(
            std::fs::metadata(&file).unwrap().len() > 100,
            "{}",
            file.display()
        );
    }
}

#[test]
fn a_folder_named_by_argument_wins() {
    let cli = Cli::new();
    let other = cli.home.path().join("other");
    let arguments = ["app", "add", "One", "--data", other.to_str().unwrap()];
    cli.run(&arguments).good();
    assert!(other.join("patchbay.db").exists() || std::fs::read_dir(&other).unwrap().count() > 0);
    assert_eq!(
        std::fs::read_dir(cli.home.data_folder()).unwrap().count(),
        0
    );
}

/// The fields that the help names are those that are there, and no others.
#[test]
fn the_help_names_the_fields_of_json() {
    let (cli, _server) = Cli::with_provider();
    let serving = cli.serve(&[], &[]);
    let ready = serving.ready.clone();
    serving.terminate().good();
    let outputs = [
        ("serve", ready),
        (
            "ask",
            cli.run(&["ask", "-m", "scripted/echo", "Hello", "--json"])
                .json(),
        ),
        ("models", cli.run(&["models", "--json"]).json()),
        (
            "compare",
            cli.run(&["compare", "-m", "scripted/echo", "-p", "Hello", "--json"])
                .json(),
        ),
        ("spend", cli.run(&["spend", "--json"]).json()),
    ];
    for (command, output) in outputs {
        let help = cli.run(&[command, "--help"]).good();
        let (_, after) = help.split_once("An object with: ").expect(command);
        let (fields, _) = after.split_once('(').expect(command);
        let mut documented: Vec<&str> = fields.split(',').map(str::trim).collect();
        let mut given: Vec<&str> = output
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        documented.sort_unstable();
        given.sort_unstable();
        assert_eq!(documented, given, "{command}");
    }
}
