use std::fs;
use std::io::Write as _;

use patchbay_domain::run::Outcome;
use patchbay_domain::{RunId, UnixMillis};
use tempfile::TempDir;

use super::*;
use crate::run::FinishRun;

fn entry(number: u8) -> Entry {
    Entry::Finish(FinishRun {
        run: RunId::from_bytes([number; 16]),
        outcome: Outcome::Stopped,
        text: format!("line one\nand a \"quoted\" {number}"),
        reasoning: String::new(),
        tool_calls: None,
        thinking: None,
        attempt: None,
        ended_at: UnixMillis(1),
    })
}

fn open(directory: &TempDir) -> RedoLog {
    RedoLog::open(&Folder::prepare(directory.path()).unwrap()).unwrap()
}

fn log(redo: &RedoLog, numbers: std::ops::RangeInclusive<u8>) {
    for number in numbers {
        redo.append(entry(number)).unwrap();
    }
}

fn waiting(redo: &RedoLog) -> Vec<u8> {
    let inner = redo.lock();
    inner
        .waiting
        .iter()
        .map(|entry| entry.run().into_bytes()[0])
        .collect()
}

/// How long both files are.
fn lengths(directory: &TempDir) -> [u64; 2] {
    Folder::prepare(directory.path())
        .unwrap()
        .redo_logs()
        .map(|path| fs::metadata(path).unwrap().len())
}

#[test]
fn what_was_not_applied_is_there_again_in_its_order() {
    let directory = TempDir::new().unwrap();
    let redo = open(&directory);
    log(&redo, 1..=2);
    // In hand when the process is killed, while others come.
    let batch = redo.take().unwrap();
    log(&redo, 3..=4);
    assert!(redo.has_waiting());
    drop((redo, batch));
    let again = open(&directory);
    assert_eq!(waiting(&again), [1, 2, 3, 4]);
    let batch = again.take().unwrap();
    assert_eq!(batch.entries, [entry(1), entry(2), entry(3), entry(4)]);
    assert_eq!(batch.left_over.len(), 4);
    again.applied();
    assert_eq!(lengths(&directory), [0, 0]);
}

#[test]
fn a_file_is_emptied_while_the_other_one_grows() {
    let directory = TempDir::new().unwrap();
    let redo = open(&directory);
    for round in 0..6_u8 {
        log(&redo, round..=round);
        let batch = redo.take().unwrap();
        assert_eq!(batch.entries, [entry(round)]);
        assert!(batch.left_over.is_empty());
        log(&redo, round + 100..=round + 100);
        redo.applied();
        let filled = lengths(&directory)
            .iter()
            .filter(|bytes| **bytes > 0)
            .count();
        assert_eq!(filled, 1, "round {round}");
        assert_eq!(redo.take().unwrap().entries, [entry(round + 100)]);
        redo.applied();
    }
    assert_eq!(lengths(&directory), [0, 0]);
    assert!(!redo.has_waiting());
    // A log that is closed takes nothing, and leaves nothing behind.
    redo.close();
    assert!(matches!(redo.append(entry(1)), Err(StoreError::Closed)));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn what_the_database_did_not_take_comes_before_the_rest_and_is_not_lost() {
    let directory = TempDir::new().unwrap();
    let redo = open(&directory);
    log(&redo, 1..=1);
    for turn in 2..=4 {
        let batch = redo.take().unwrap();
        log(&redo, turn..=turn);
        redo.put_back(batch);
        assert!(redo.is_stuck());
        assert_eq!(waiting(&redo), (1..=turn).collect::<Vec<_>>());
    }
    assert_eq!(waiting(&open(&directory)), [1, 2, 3, 4]);
    redo.take().unwrap();
    redo.applied();
    assert!(!redo.is_stuck());
    assert_eq!(lengths(&directory), [0, 0]);
}

#[test]
fn half_a_line_ends_a_file_and_what_comes_next_is_kept() {
    let directory = TempDir::new().unwrap();
    let redo = open(&directory);
    log(&redo, 1..=3);
    let path = Folder::prepare(directory.path()).unwrap().redo_logs()[0].clone();
    drop(redo);
    let whole = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let first_two = lines[0].len() + lines[1].len();
    for cut in first_two..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let redo = open(&directory);
        assert_eq!(waiting(&redo), [1, 2], "cut at {cut}");
        log(&redo, 9..=9);
        assert_eq!(waiting(&open(&directory)), [1, 2, 9], "cut at {cut}");
    }
    // One bit.
    let mut broken = whole.clone();
    broken[first_two + 30] ^= 1;
    fs::write(&path, &broken).unwrap();
    assert_eq!(waiting(&open(&directory)), [1, 2]);
}

#[test]
fn an_entry_that_cannot_be_read_is_left_out_alone() {
    let directory = TempDir::new().unwrap();
    drop(open(&directory));
    let path = Folder::prepare(directory.path()).unwrap().redo_logs()[0].clone();
    let mut file = fs::File::create(&path).unwrap();
    for (number, json) in [
        (0, entry(1).to_json().unwrap()),
        (1, br#"{"unheard_of":{}}"#.to_vec()),
        (2, entry(2).to_json().unwrap()),
    ] {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(format!("{number}").as_bytes());
        checksum.update(&json);
        write!(file, "{:08x} {number} ", checksum.finalize()).unwrap();
        file.write_all(&json).unwrap();
        file.write_all(b"\n").unwrap();
    }
    drop(file);
    assert_eq!(waiting(&open(&directory)), [1, 2]);
}
