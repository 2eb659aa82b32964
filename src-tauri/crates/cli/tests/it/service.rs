//! `service`: files only, in the folder for configuration.
#![cfg(target_os = "linux")]

use serde_json::json;

use crate::support::Cli;

#[test]
fn a_unit_is_written_shown_and_removed() {
    let cli = Cli::new();
    let unit = cli.home.path().join("config/systemd/user/patchbay.service");
    let written = cli.run(&["service", "install", "--port", "4190"]);
    assert!(
        written.errors.contains("systemctl --user enable --now"),
        "{written:?}"
    );
    written.good();
    let text = std::fs::read_to_string(&unit).unwrap();
    let data = cli.home.data_folder();
    let command = format!(
        "\"serve\" \"--data\" \"{}\" \"--port\" \"4190\" \"--no-keychain\"",
        data.display()
    );
    assert!(text.contains(&command), "{text}");
    assert!(text.contains("patchbay-cli"), "{text}");
    let status = cli.run(&["service", "status", "--json"]).json();
    assert_eq!(status["unit"], unit.to_str().unwrap());
    assert_eq!(status["listens"], json!(null));
    cli.run(&["service", "remove"]).good();
    assert!(!unit.exists());
    assert!(cli.run(&["service", "remove"]).good().contains("nothing"));
}

#[test]
fn a_file_of_the_persons_own_stays() {
    let cli = Cli::new();
    let unit = cli.home.path().join("config/systemd/user/patchbay.service");
    std::fs::create_dir_all(unit.parent().unwrap()).unwrap();
    std::fs::write(&unit, "[Service]\nExecStart=mine\n").unwrap();
    for arguments in [&["service", "install"][..], &["service", "remove"]] {
        let said = cli.run(arguments).refused(1);
        assert!(said.contains("did not write"), "{said}");
    }
    assert!(std::fs::read_to_string(&unit).unwrap().contains("mine"));
    cli.run(&["service", "install", "--force"]).good();
    assert!(!std::fs::read_to_string(&unit).unwrap().contains("mine"));
}

/// This program has no window, and none is beside it in a build for tests of this package alone.
#[test]
fn an_entry_for_the_window_wants_a_window() {
    let cli = Cli::new();
    let entry = cli.home.path().join("config/autostart/patchbay.desktop");
    let ran = cli.run(&["service", "install", "--autostart"]);
    if ran.code == 0 {
        let text = std::fs::read_to_string(&entry).unwrap();
        assert!(
            text.contains("[Desktop Entry]") && text.contains("/patchbay\""),
            "{text}"
        );
        cli.run(&["service", "remove"]).good();
    } else {
        assert!(ran.errors.contains("no Patchbay with a window"), "{ran:?}");
    }
    assert!(!entry.exists());
}
