//! What may not stand in the text of this tree.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{assert_none, top};

/// What gives the domain a clock, randomness or the outside world.
const NOT_IN_DOMAIN: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "now_v7",
    "new_v4",
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
];

const LONGEST_FILE: usize = 400;
const REASON_WITHIN_LINES: usize = 30;
const REASON: &str = "Long because";

/// A file of this tree: its path from the top, with `/`, and its text.
struct Text {
    path: String,
    contents: String,
}

fn reaches_out_of_the_domain(file: &Text) -> Vec<String> {
    if !file.path.starts_with("src-tauri/crates/domain/src/") {
        return Vec::new();
    }
    // Comments may name what the code must not use.
    lines_with(file, |line| {
        let code = line.split("//").next().unwrap_or_default();
        NOT_IN_DOMAIN.iter().any(|word| code.contains(word))
    })
}

/// Paths of somebody's machine. Written in two halves, so that this file does not break its own
/// rule.
fn names_a_machine(file: &Text) -> Vec<String> {
    const ROOTS: &[&str] = &[
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
        concat!(":\\Us", "ers\\"),
    ];
    lines_with(file, |line| {
        // Ada is made up: examples and the fake back end may show her folders.
        let line = line.replace(concat!("/ho", "me/ada/"), "");
        ROOTS.iter().any(|root| begins_a_path(&line, root))
    })
}

/// Whether `root` stands in the line where a path begins, not inside a longer one such as an
/// address or `src/work/`.
fn begins_a_path(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"/.-_}>*".contains(before))
    })
}

fn imports_tauri_outside_ipc(file: &Text) -> Vec<String> {
    if !file.path.starts_with("ui/src/") || file.path.starts_with("ui/src/lib/ipc/") {
        return Vec::new();
    }
    lines_with(file, |line| line.contains("@tauri-apps/"))
}

fn makes_html_of_text(file: &Text) -> Vec<String> {
    const WAYS: &[&str] = &[
        "{@html",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
    ];
    if !file.path.starts_with("ui/src/") {
        return Vec::new();
    }
    lines_with(file, |line| WAYS.iter().any(|way| line.contains(way)))
}

fn is_long_without_a_reason(file: &Text) -> Vec<String> {
    let is_source = [".rs", ".ts", ".svelte", ".css"]
        .iter()
        .any(|end| file.path.ends_with(end));
    let lines = file.contents.lines().count();
    let has_reason = file
        .contents
        .lines()
        .take(REASON_WITHIN_LINES)
        .any(|line| line.contains(REASON));
    if !is_source || file.path.contains("/gen/") || lines <= LONGEST_FILE || has_reason {
        return Vec::new();
    }
    vec![format!(
        "{}: {lines} lines and no \"{REASON} ...\" at its top",
        file.path
    )]
}

fn lines_with(file: &Text, breaks: impl Fn(&str) -> bool) -> Vec<String> {
    file.contents
        .lines()
        .enumerate()
        .filter(|(_, line)| breaks(line))
        .map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim()))
        .collect()
}

/// Every text file that git tracks; without git (a source archive), every one that is not a build
/// product.
fn texts() -> Vec<Text> {
    let top = top();
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(&top)
        .output();
    let paths: Vec<String> = match listed {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .unwrap()
            .split_terminator('\0')
            .map(str::to_owned)
            .collect(),
        _ => walked(&top, ""),
    };
    let texts: Vec<Text> = paths
        .into_iter()
        .filter_map(|path| {
            let contents = fs::read_to_string(top.join(&path)).ok()?;
            Some(Text { path, contents })
        })
        .collect();
    assert!(
        texts.iter().any(|text| text.path == "Cargo.toml"),
        "the tree was not found"
    );
    texts
}

fn walked(top: &Path, below: &str) -> Vec<String> {
    const PRODUCTS: &[&str] = &[
        ".git",
        "target",
        "node_modules",
        "dist",
        "coverage",
        "test-results",
    ];
    let mut found = Vec::new();
    for entry in fs::read_dir(top.join(below)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if PRODUCTS.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            found.extend(walked(top, &path));
        } else {
            found.push(path);
        }
    }
    found
}

fn assert_every_text(rule: fn(&Text) -> Vec<String>) {
    assert_none(&texts().iter().flat_map(rule).collect::<Vec<_>>());
}

fn text(path: &str, contents: &str) -> Text {
    Text {
        path: path.to_owned(),
        contents: contents.to_owned(),
    }
}

#[test]
fn the_domain_has_no_clock_and_touches_nothing() {
    let file = "src-tauri/crates/domain/src/clock.rs";
    assert_eq!(
        reaches_out_of_the_domain(&text(file, "let now = Instant::now();")).len(),
        1
    );
    assert_none(&reaches_out_of_the_domain(&text(
        file,
        "// never SystemTime::now",
    )));
    assert_every_text(reaches_out_of_the_domain);
}

#[test]
fn no_text_names_a_machine() {
    let bad = text(
        "notes.md",
        concat!("see /ro", "ot/.cargo\nand \"/ho", "me/bob/x\""),
    );
    assert_eq!(names_a_machine(&bad).len(), 2);
    assert_none(&names_a_machine(&text(
        "notes.md",
        concat!("https://example.org/wo", "rk/1"),
    )));
    assert_every_text(names_a_machine);
}

#[test]
fn only_one_folder_of_the_ui_knows_tauri() {
    let import = "import { invoke } from '@tauri-apps/api/core'";
    assert_eq!(
        imports_tauri_outside_ipc(&text("ui/src/features/chat/Chat.svelte", import)).len(),
        1
    );
    assert_none(&imports_tauri_outside_ipc(&text(
        "ui/src/lib/ipc/client.ts",
        import,
    )));
    assert_every_text(imports_tauri_outside_ipc);
}

#[test]
fn text_never_becomes_html() {
    assert_eq!(
        makes_html_of_text(&text("ui/src/App.svelte", "<p>{@html answer}</p>")).len(),
        1
    );
    assert_every_text(makes_html_of_text);
}

#[test]
fn a_long_file_says_why() {
    let long = "let a = 1;\n".repeat(LONGEST_FILE + 1);
    assert_eq!(is_long_without_a_reason(&text("a.rs", &long)).len(), 1);
    assert_none(&is_long_without_a_reason(&text(
        "a.rs",
        &format!("//! {REASON} it is.\n{long}"),
    )));
    assert_every_text(is_long_without_a_reason);
}
