use tempfile::TempDir;

use super::*;
use crate::folder::Folder;

type Answer = oneshot::Receiver<Result<(), StoreError>>;

/// A writer with the table `entry` and room for `pages` pages.
fn writer(directory: &TempDir, pages: u32) -> (Writer, mpsc::Sender<Request>) {
    let folder = Folder::prepare(directory.path()).unwrap();
    let lock = folder.lock().unwrap();
    let file = folder.prepare_database().unwrap();
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA max_page_count = {pages};
             CREATE TABLE parent (id INTEGER PRIMARY KEY);
             CREATE TABLE entry (
                 id INTEGER PRIMARY KEY, text TEXT NOT NULL,
                 parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
        ))
        .unwrap();
    spend::prepare_counting(&connection).unwrap();
    let (sender, requests) = mpsc::channel(LARGEST_BATCH);
    let (changes, _) = broadcast::channel(8);
    (
        Writer {
            level: SyncLevel::of(&connection).unwrap(),
            connection,
            lock,
            file,
            requests,
            changes,
            redo: Arc::new(RedoLog::open(&folder).unwrap()),
        },
        sender,
    )
}

struct Entry {
    id: i64,
    bytes: usize,
    parent: Option<i64>,
}

fn small(id: i64) -> Entry {
    Entry {
        id,
        bytes: 10,
        parent: None,
    }
}

/// Queues an insert before the writer runs, so that all queued ones share a transaction.
fn queue(sender: &mpsc::Sender<Request>, entry: Entry) -> Answer {
    let (reply, answer) = oneshot::channel();
    let insert = move |connection: &Connection, changes: &mut ChangeSet| {
        changes.add(Change::Settings);
        connection.execute(
            "INSERT INTO entry (id, text, parent) VALUES (?1, ?2, ?3)",
            rusqlite::params![entry.id, "x".repeat(entry.bytes), entry.parent],
        )?;
        Ok(())
    };
    let request = Request::Write(Box::new(Write::new(insert, reply)));
    assert!(sender.try_send(request).is_ok());
    answer
}

fn ids(directory: &TempDir) -> Vec<i64> {
    let folder = Folder::prepare(directory.path()).unwrap();
    let connection = Connection::open(folder.database()).unwrap();
    let mut statement = connection
        .prepare("SELECT id FROM entry ORDER BY id")
        .unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_failing_operation_takes_no_other_with_it() {
    let directory = TempDir::new().unwrap();
    let (writer, sender) = writer(&directory, 1_000);
    let mut changes = writer.changes.subscribe();
    let answers = [small(1), small(1), small(2)].map(|entry| queue(&sender, entry));
    drop(sender);
    writer.serve();
    let [first, twice, second] = answers.map(|mut answer| answer.try_recv().unwrap().is_ok());
    assert_eq!((first, twice, second), (true, false, true));
    assert_eq!(ids(&directory), [1, 2]);
    assert_eq!(changes.try_recv(), Ok(Change::Settings));
    assert!(
        changes.try_recv().is_err(),
        "one change for the whole batch"
    );
}

#[test]
fn only_provisional_operations_alone_do_not_wait_for_the_disk() {
    let directory = TempDir::new().unwrap();
    let (writer, sender) = writer(&directory, 1_000);
    let level = |is_provisional: bool| {
        let (reply, answer) = oneshot::channel();
        let read = |connection: &Connection, _: &mut ChangeSet| {
            Ok(connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?)
        };
        let operation = Write::new(read, reply);
        let operation = if is_provisional {
            operation.provisional()
        } else {
            operation
        };
        (Box::new(operation), answer)
    };
    let run = |levels: [bool; 2]| {
        let (mut operations, mut answers) = (Vec::<Box<dyn Operation>>::new(), Vec::new());
        for (operation, answer) in levels.map(level) {
            operations.push(operation);
            answers.push(answer);
        }
        (operations, answers)
    };
    let mut writer = writer;
    for (batch, expected) in [
        ([true, true], NORMAL),
        ([true, false], FULL),
        ([false, false], FULL),
    ] {
        let (operations, answers) = run(batch);
        writer.write(operations);
        for mut answer in answers {
            assert_eq!(answer.try_recv().unwrap().unwrap(), expected, "{batch:?}");
        }
    }
    drop(sender);
}

#[test]
fn an_operation_that_only_the_commit_refuses_takes_no_other_with_it() {
    let directory = TempDir::new().unwrap();
    let (writer, sender) = writer(&directory, 1_000);
    let orphan = Entry {
        parent: Some(99),
        ..small(2)
    };
    let answers = [small(1), orphan, small(3)].map(|entry| queue(&sender, entry));
    drop(sender);
    writer.serve();
    let [first, orphan, third] = answers.map(|mut answer| answer.try_recv().unwrap());
    assert!(first.is_ok() && third.is_ok());
    assert!(
        matches!(orphan, Err(StoreError::Contradiction(_))),
        "{orphan:?}"
    );
    assert_eq!(ids(&directory), [1, 3]);
}

#[test]
fn a_full_disk_fails_what_does_not_fit_and_the_thread_goes_on() {
    let directory = TempDir::new().unwrap();
    let (writer, sender) = writer(&directory, 16);
    let large = Entry {
        bytes: 1_000_000,
        ..small(2)
    };
    let answers = [small(1), large, small(3)].map(|entry| queue(&sender, entry));
    let file = writer.file.clone();
    drop(sender);
    writer.serve();
    let [first, large, third] = answers.map(|mut answer| answer.try_recv().unwrap());
    assert!(first.is_ok() && third.is_ok());
    let error = large.unwrap_err().classed(&file);
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(ids(&directory), [1, 3]);
}

#[test]
fn what_is_queued_behind_the_close_is_told_so() {
    let directory = TempDir::new().unwrap();
    let (writer, sender) = writer(&directory, 1_000);
    let mut before = queue(&sender, small(1));
    let (reply, mut closed) = oneshot::channel();
    assert!(sender.try_send(Request::Close(reply)).is_ok());
    let mut behind = queue(&sender, small(2));
    writer.serve();
    assert!(before.try_recv().unwrap().is_ok());
    assert!(matches!(
        behind.try_recv().unwrap(),
        Err(StoreError::Closed)
    ));
    assert!(closed.try_recv().unwrap().is_ok());
    assert_eq!(ids(&directory), [1]);
    assert!(sender.is_closed());
}
