//! Bringing an older database up to date, after putting a copy of it aside.

use std::fs;
use std::path::{Path, PathBuf};

use patchbay_domain::UnixMillis;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::error::StoreError;
use crate::folder::{Folder, make_file_private};

/// Every step, in its order. A step that has been released is never edited.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_first.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0002_keys_and_prices.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0003_routing.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0004_compare.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0005_spend.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0006_spend_again.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0007_gateway.sql")).foreign_key_check(),
    M::up(include_str!("migrations/0008_continued.sql")).foreign_key_check(),
];

/// "PTCH", as the first step writes it.
const APPLICATION_ID: i64 = 0x5054_4348;

const BACKUPS_KEPT: usize = 3;

/// What bringing the database up to date did.
#[derive(Debug)]
pub(crate) struct Migrated {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) backup: Option<PathBuf>,
}

/// The schema that the file has now. Refuses, without changing it, a file that is not ours, is
/// damaged, or was made by a newer version.
pub(crate) fn check(connection: &Connection, file: &Path) -> Result<i64, StoreError> {
    check_against(connection, file, known(STEPS))
}

/// Applies the missing steps.
pub(crate) fn bring_up_to_date(
    connection: &mut Connection,
    folder: &Folder,
    now: UnixMillis,
) -> Result<Migrated, StoreError> {
    apply(connection, folder, now, STEPS)
}

fn known(steps: &[M<'_>]) -> i64 {
    i64::try_from(steps.len()).unwrap_or(i64::MAX)
}

fn check_against(connection: &Connection, file: &Path, known: i64) -> Result<i64, StoreError> {
    let read = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let classed = |error| StoreError::of_database(error, file);
    let tables = read("SELECT count(*) FROM sqlite_schema").map_err(classed)?;
    let application = read("PRAGMA application_id").map_err(classed)?;
    let found = read("PRAGMA user_version").map_err(classed)?;
    let is_empty = tables == 0 && found == 0 && application == 0;
    if application != APPLICATION_ID && !is_empty {
        return Err(StoreError::Foreign {
            file: file.to_path_buf(),
        });
    }
    if found > known {
        return Err(StoreError::MadeByNewerVersion {
            file: file.to_path_buf(),
            found,
            known,
        });
    }
    Ok(found)
}

fn apply(
    connection: &mut Connection,
    folder: &Folder,
    now: UnixMillis,
    steps: &'static [M<'static>],
) -> Result<Migrated, StoreError> {
    let file = folder.database();
    let known = known(steps);
    let from = check_against(connection, &file, known)?;
    let mut migrated = Migrated {
        from,
        to: known,
        backup: None,
    };
    if from == known {
        return Ok(migrated);
    }
    if from > 0 {
        migrated.backup = Some(back_up(connection, folder, now, known)?);
    }
    Migrations::from_slice(steps)
        .to_latest(connection)
        .map_err(|error| migration_error(error, &file, known))?;
    Ok(migrated)
}

/// A full disk in the middle of a step is the disk's fault, not the step's.
fn migration_error(error: rusqlite_migration::Error, file: &Path, known: i64) -> StoreError {
    let failed = |source| StoreError::Migration {
        file: file.to_path_buf(),
        known,
        source,
    };
    match error {
        rusqlite_migration::Error::RusqliteError { query, err } => {
            match StoreError::of_database(err, file) {
                StoreError::Statement(err) | StoreError::Contradiction(err) => {
                    failed(rusqlite_migration::Error::RusqliteError { query, err })
                }
                classed => classed,
            }
        }
        other => failed(other),
    }
}

/// Writes a whole copy beside the database, and keeps the newest few.
fn back_up(
    connection: &Connection,
    folder: &Folder,
    now: UnixMillis,
    target: i64,
) -> Result<PathBuf, StoreError> {
    let backups = folder.backups()?;
    let day: String = connection
        .query_row(
            "SELECT strftime('%Y%m%dT%H%M%SZ', ?1 / 1000, 'unixepoch')",
            [now.0],
            |row| row.get(0),
        )
        .map_err(|error| StoreError::of_database(error, &folder.database()))?;
    let path = backups.join(format!("patchbay-{day}-before-migration-{target}.sqlite3"));
    // Under another name until it is whole: a half copy must never look like a copy.
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    let copied = connection
        .execute("VACUUM INTO ?1", [unfinished.to_string_lossy()])
        .map_err(|error| StoreError::of_database(error, &unfinished))
        .and_then(|_| {
            make_file_private(&unfinished)
                .and_then(|()| fs::rename(&unfinished, &path))
                .map_err(|error| StoreError::of_file(error, &path))
        });
    if let Err(error) = copied {
        let _ = fs::remove_file(&unfinished);
        return Err(error);
    }
    remove_old(&backups);
    Ok(path)
}

/// The names begin with the time, so the order of names is the order of age. A copy that cannot be
/// removed costs room, no more.
fn remove_old(backups: &Path) {
    let Ok(entries) = fs::read_dir(backups) else {
        return;
    };
    let mut copies: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "sqlite3")
        })
        .collect();
    copies.sort();
    let superfluous = copies.len().saturating_sub(BACKUPS_KEPT);
    for path in copies.into_iter().take(superfluous) {
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(%error, path = %path.display(), "an old backup could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const WITH_A_SECOND_STEP: &[M<'static>] = &[
        M::up(include_str!("migrations/0001_first.sql")).foreign_key_check(),
        M::up("ALTER TABLE provider ADD COLUMN note TEXT NOT NULL DEFAULT ''"),
    ];

    const WITH_A_BROKEN_STEP: &[M<'static>] = &[
        M::up(include_str!("migrations/0001_first.sql")).foreign_key_check(),
        M::up("CREATE TABLE half (id INTEGER) STRICT; INSERT INTO no_such_table VALUES (1)"),
    ];

    fn at_schema_1(folder: &Folder) -> Connection {
        let mut connection = Connection::open(folder.prepare_database().unwrap()).unwrap();
        apply(
            &mut connection,
            folder,
            UnixMillis(0),
            &WITH_A_SECOND_STEP[..1],
        )
        .unwrap();
        connection
            .execute(
                "INSERT INTO setting (key, value) VALUES ('kept', 'true')",
                [],
            )
            .unwrap();
        connection
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_step_is_valid() {
        Migrations::from_slice(STEPS).validate().unwrap();
    }

    #[test]
    fn a_copy_is_put_aside_before_the_schema_changes() {
        let directory = TempDir::new().unwrap();
        let folder = Folder::prepare(directory.path()).unwrap();
        let mut connection = at_schema_1(&folder);
        let now = UnixMillis(1_795_305_600_000);
        let migrated = apply(&mut connection, &folder, now, WITH_A_SECOND_STEP).unwrap();
        assert_eq!((migrated.from, migrated.to), (1, 2));
        let backup = migrated.backup.unwrap();
        assert_eq!(
            names(backup.parent().unwrap()),
            ["patchbay-20261122T000000Z-before-migration-2.sqlite3"]
        );
        let copy = Connection::open(&backup).unwrap();
        assert_eq!(check(&copy, &backup).unwrap(), 1);
        let kept: String = copy
            .query_row("SELECT value FROM setting", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept, "true");
        // Nothing to do, so no copy.
        let again = apply(&mut connection, &folder, now, WITH_A_SECOND_STEP).unwrap();
        assert!(again.backup.is_none());
    }

    #[test]
    fn only_the_newest_copies_are_kept() {
        let directory = TempDir::new().unwrap();
        let folder = Folder::prepare(directory.path()).unwrap();
        let connection = at_schema_1(&folder);
        for second in 0..5 {
            back_up(&connection, &folder, UnixMillis(second * 1_000), 2).unwrap();
        }
        assert_eq!(
            names(&folder.backups().unwrap()),
            [2, 3, 4].map(|second| format!(
                "patchbay-19700101T00000{second}Z-before-migration-2.sqlite3"
            ))
        );
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let directory = TempDir::new().unwrap();
        let folder = Folder::prepare(directory.path()).unwrap();
        let mut connection = at_schema_1(&folder);
        let error = apply(&mut connection, &folder, UnixMillis(0), WITH_A_BROKEN_STEP).unwrap_err();
        assert!(
            matches!(error, StoreError::Migration { known: 2, .. }),
            "{error:?}"
        );
        assert_eq!(
            check_against(&connection, &folder.database(), 2).unwrap(),
            1
        );
        let halves: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'half'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(halves, 0);
    }

    #[test]
    fn without_a_copy_there_is_no_migration() {
        let directory = TempDir::new().unwrap();
        let folder = Folder::prepare(directory.path()).unwrap();
        let mut connection = at_schema_1(&folder);
        // A file where the folder of copies belongs.
        fs::write(directory.path().join("backups"), "in the way").unwrap();
        let error = apply(&mut connection, &folder, UnixMillis(0), WITH_A_SECOND_STEP).unwrap_err();
        assert!(
            matches!(error, StoreError::FolderUnusable { .. }),
            "{error:?}"
        );
        assert_eq!(
            check_against(&connection, &folder.database(), 2).unwrap(),
            1
        );
    }
}
