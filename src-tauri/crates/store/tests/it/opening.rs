//! Every way in which a data folder can be unusable, and that nothing is changed then.

use std::fs;
use std::path::Path;

use patchbay_store::{Store, StoreError, StoreOptions, Subject};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::child::{Other, name};
use crate::support::*;

fn database(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("patchbay.sqlite3")
}

fn refused(folder: &Path) -> StoreError {
    let error = open(folder).map(|(_, report)| report).unwrap_err();
    let file = folder.to_string_lossy();
    assert!(
        error.sentence().contains(&*file),
        "the place is not named: {}",
        error.sentence()
    );
    error
}

#[tokio::test]
async fn a_new_folder_is_private() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("a/b");
    let (store, report) = open(&folder).unwrap();
    assert!(report.is_new);
    assert_eq!(
        (report.schema_before, report.schema, report.backup),
        (0, 8, None)
    );
    assert_eq!(report.file, folder.join("patchbay.sqlite3"));
    store
        .create_conversation(new_conversation(1, "x"))
        .await
        .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let mut files = 0;
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            files += 1;
        }
        assert_eq!(
            files, 6,
            "database, log, shared memory, lock, two redo logs"
        );
    }
    close(&store).await;
}

#[cfg(unix)]
#[tokio::test]
async fn an_open_file_is_made_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let (store, folder) = temporary();
    close(&store).await;
    fs::set_permissions(database(&folder), fs::Permissions::from_mode(0o644)).unwrap();
    let (_store, _) = open(folder.path()).unwrap();
    assert_eq!(
        fs::metadata(database(&folder))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
fn a_second_copy_is_told_so() {
    let folder = TempDir::new().unwrap();
    let mut other = Other::start("hold", folder.path());
    assert_eq!(other.next().as_deref(), Some("open"));
    assert!(matches!(
        refused(folder.path()),
        StoreError::AlreadyOpen { .. }
    ));
    other.wait();
    let (_store, _) = open(folder.path()).unwrap();
    assert!(matches!(
        refused(folder.path()),
        StoreError::AlreadyOpen { .. }
    ));
    let mut third = Other::start("open", folder.path());
    assert!(third.next().unwrap().starts_with("AlreadyOpen"));
    third.wait();
}

#[test]
fn a_killed_copy_keeps_nobody_out() {
    let folder = TempDir::new().unwrap();
    let mut other = Other::start("hold", folder.path());
    assert_eq!(other.next().as_deref(), Some("open"));
    other.kill();
    open(folder.path()).unwrap();
}

#[tokio::test]
async fn dropping_every_handle_releases_the_folder() {
    let (store, folder) = temporary();
    store
        .create_conversation(new_conversation(1, "kept"))
        .await
        .unwrap();
    drop(store);
    // The thread releases the lock when it is done; this waits for it.
    fs::File::open(folder.path().join("patchbay.lock"))
        .unwrap()
        .lock()
        .unwrap();
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(store.conversations().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let (store, folder) = temporary();
    close(&store).await;
    let connection = Connection::open(database(&folder)).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 9")
        .unwrap();
    drop(connection);
    let before = fs::read(database(&folder)).unwrap();
    let error = refused(folder.path());
    let StoreError::MadeByNewerVersion { found, known, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((found, known), (9, 8));
    assert_eq!(fs::read(database(&folder)).unwrap(), before);
}

#[test]
fn what_is_no_database_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let garbage = "This is not a database.\n".repeat(500);
    fs::write(database(&folder), &garbage).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::Damaged { .. }));
    assert_eq!(fs::read_to_string(database(&folder)).unwrap(), garbage);
}

#[tokio::test]
async fn a_database_with_a_broken_beginning_is_left_alone() {
    let (store, folder) = temporary();
    close(&store).await;
    let mut bytes = fs::read(database(&folder)).unwrap();
    bytes[100..4_096].fill(0xA5);
    fs::write(database(&folder), &bytes).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::Damaged { .. }));
    assert_eq!(fs::read(database(&folder)).unwrap(), bytes);
}

#[tokio::test]
async fn damage_inside_is_found_by_the_check_and_named_by_reads() {
    let (store, folder) = temporary();
    for number in 1..200 {
        store
            .begin_run(begin(number, &"long text ".repeat(200)))
            .await
            .unwrap();
    }
    close(&store).await;
    let mut bytes = fs::read(database(&folder)).unwrap();
    let pages = bytes.len() / 4_096;
    assert!(pages > 170);
    // Everything but the pages that hold the schema.
    bytes[110 * 4_096..].fill(0xA5);
    fs::write(database(&folder), &bytes).unwrap();
    let (store, _) = open(folder.path()).unwrap();
    let found = store.integrity_check().await;
    assert!(
        matches!(&found, Ok(problems) if !problems.is_empty()) || found.is_err(),
        "{found:?}"
    );
    let mut errors = Vec::new();
    for number in 1..200 {
        errors.extend(store.conversation(conversation(number)).await.err());
    }
    assert!(
        errors
            .iter()
            .any(|error| matches!(error, StoreError::Damaged { .. })),
        "{errors:?}"
    );
}

#[test]
fn another_programs_database_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let connection = Connection::open(database(&folder)).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    let before = fs::read(database(&folder)).unwrap();
    assert!(matches!(refused(folder.path()), StoreError::Foreign { .. }));
    assert_eq!(fs::read(database(&folder)).unwrap(), before);
}

#[test]
fn things_in_the_way_are_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    assert!(matches!(refused(&file), StoreError::FolderUnusable { .. }));
    assert!(matches!(
        refused(&file.join("below")),
        StoreError::FolderUnusable { .. }
    ));
    fs::create_dir(database(&folder)).unwrap();
    assert!(matches!(
        refused(folder.path()),
        StoreError::FolderUnusable { .. }
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_may_only_be_read_is_named_and_unchanged() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = TempDir::new().unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // One that is empty, and one with a database from earlier.
    let (empty, used) = (parent.path().join("empty"), parent.path().join("used"));
    fs::create_dir(&empty).unwrap();
    let (store, _) = open(&used).unwrap();
    close(&store).await;
    for folder in [&empty, &used] {
        for entry in fs::read_dir(folder).unwrap() {
            let readable = fs::Permissions::from_mode(0o444);
            fs::set_permissions(entry.unwrap().path(), readable).unwrap();
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
        let mut other = Other::start_unprivileged("open", folder);
        let said = other.next().unwrap();
        assert!(
            said.starts_with("ReadOnly") && said.contains(&*folder.to_string_lossy()),
            "{said}"
        );
        other.wait();
    }
    // A place where it may not even make the folder.
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o555)).unwrap();
    let mut other = Other::start_unprivileged("open", &empty.join("new"));
    assert!(other.next().unwrap().starts_with("ReadOnly"));
    other.wait();
    for folder in [empty, used] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn no_room_for_the_first_page_is_a_full_disk_and_room_is_enough_again() {
    let folder = TempDir::new().unwrap();
    let options = StoreOptions {
        max_pages: Some(5),
        ..StoreOptions::new(NOW)
    };
    let error = Store::open(folder.path(), &options)
        .map(|(_, report)| report)
        .unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    let (_store, report) = open(folder.path()).unwrap();
    assert!(report.is_new);
}

#[test]
fn every_error_speaks_to_people() {
    let source = || rusqlite::Error::InvalidQuery;
    let path = || std::path::PathBuf::from("/data/patchbay.sqlite3");
    let errors = [
        StoreError::AlreadyOpen { folder: path() },
        StoreError::ReadOnly {
            path: path(),
            source: None,
        },
        StoreError::WalRefused {
            file: path(),
            mode: "delete".to_owned(),
        },
        StoreError::MadeByNewerVersion {
            file: path(),
            found: 2,
            known: 1,
        },
        StoreError::Damaged {
            file: path(),
            source: source(),
        },
        StoreError::Foreign { file: path() },
        StoreError::DiskFull {
            path: path(),
            source: Box::new(source()),
        },
        StoreError::Io {
            path: path(),
            source: Box::new(source()),
        },
        StoreError::FolderUnusable {
            folder: path(),
            source: std::io::Error::other("x"),
        },
        StoreError::Busy {
            file: path(),
            source: source(),
        },
        StoreError::Closed,
        StoreError::CloseTimedOut {
            limit_millis: 3_000,
        },
        StoreError::Statement(source()),
        StoreError::KeyLabelTaken,
        StoreError::RouteNameTaken {
            name: "Everyday".to_owned(),
        },
        StoreError::NotFound(Subject::Route(route_id(1))),
        StoreError::NotFound(Subject::Lab(lab_id(1))),
    ];
    let mut sentences = std::collections::BTreeSet::new();
    for error in &errors {
        let (sentence, advice) = (error.sentence(), error.advice());
        for words in [sentence.as_str(), advice] {
            assert!(words.ends_with('.') && !words.contains("  "), "{words}");
            for jargon in ["SQL", "WAL", "schema", "transaction", "errno"] {
                assert!(!words.contains(jargon), "{words}");
            }
        }
        assert!(
            sentences.insert(sentence),
            "{} shares its sentence",
            name(error)
        );
    }
}
