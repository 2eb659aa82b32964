//! The ids that link tool calls to their results, as the dialect wants them.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

const SHORT_LENGTH: usize = 9;
const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Gives every call of a request an id of its own. Two turns of one conversation may have used the
/// same id, for not every provider gives any and made-up ones repeat; a result belongs to the last
/// call before it.
#[derive(Debug, Default)]
pub(super) struct ToolIds {
    are_short: bool,
    used: HashSet<String>,
    latest: HashMap<String, String>,
}

impl ToolIds {
    pub(super) fn new(are_short: bool) -> Self {
        Self {
            are_short,
            ..Self::default()
        }
    }

    /// The id to send for a call.
    pub(super) fn call(&mut self, id: &str) -> String {
        let mut sent = self.form(id);
        let mut count = 1;
        while !self.used.insert(sent.clone()) {
            count += 1;
            sent = self.form(&format!("{id}_{count}"));
        }
        self.latest.insert(id.to_owned(), sent.clone());
        sent
    }

    /// The id to send for a result.
    pub(super) fn result(&self, id: &str) -> String {
        self.latest
            .get(id)
            .cloned()
            .unwrap_or_else(|| self.form(id))
    }

    fn form(&self, id: &str) -> String {
        if self.are_short {
            short(id)
        } else {
            id.to_owned()
        }
    }
}

/// Nine letters or digits. The same id always becomes the same one, so that what a provider caches of
/// a conversation stays valid.
fn short(id: &str) -> String {
    if id.len() == SHORT_LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return id.to_owned();
    }
    Sha256::digest(id.as_bytes())
        .iter()
        .take(SHORT_LENGTH)
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ids_have_nine_letters_and_stay_the_same() {
        let mut ids = ToolIds::new(true);
        let sent = ids.call("call_4F2kq0vJmXo0wV1");
        assert_eq!(sent.len(), 9);
        assert!(sent.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(ids.result("call_4F2kq0vJmXo0wV1"), sent);
        assert_eq!(ToolIds::new(true).call("call_4F2kq0vJmXo0wV1"), sent);
        assert_ne!(ids.call("call_4F2kq0vJmXo0wV2"), sent);
        assert_eq!(ids.call("D681PevKs"), "D681PevKs");
    }

    #[test]
    fn an_id_that_comes_again_is_renamed_together_with_its_result() {
        let mut ids = ToolIds::new(false);
        assert_eq!(ids.call("call_0"), "call_0");
        assert_eq!(ids.result("call_0"), "call_0");
        assert_eq!(ids.call("call_0"), "call_0_2");
        assert_eq!(ids.result("call_0"), "call_0_2");
        assert_eq!(ids.call("call_0"), "call_0_3");
        assert_eq!(ids.result("unknown"), "unknown");
    }
}
