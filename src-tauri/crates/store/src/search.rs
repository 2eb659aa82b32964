//! Full-text search over what was said.

use patchbay_domain::{ConversationId, MessageId, UnixMillis};
use rusqlite::{Row, named_params};

use crate::error::StoreError;
use crate::store::Store;
use crate::values::id;

/// SQLite marks matches inside one string; these two cannot be typed, and are taken out again here.
const MATCH_BEGINS: char = '\u{2}';
const MATCH_ENDS: char = '\u{3}';

/// A message that holds every word that was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The conversation's title.
    pub title: String,
    /// The message.
    pub message: MessageId,
    /// When it was made.
    pub created_at: UnixMillis,
    /// A short piece of its text, around a match.
    pub snippet: Vec<SnippetPart>,
}

/// A stretch of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnippetPart {
    /// Plain text.
    pub text: String,
    /// Whether it is what was searched for.
    pub is_match: bool,
}

impl Store {
    /// Finds messages with every word of `text`, the newest first; the last word may be the beginning
    /// of one. Case and accents do not matter. Messages that are being written, and deleted
    /// conversations, are left out.
    ///
    /// # Errors
    /// Where the database cannot be read. No text is a wrong one.
    pub async fn search(&self, text: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(query) = to_query(text) else {
            return Ok(Vec::new());
        };
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT conversation.id AS conversation, conversation.title, message.id AS message,
                            message.created_at,
                            snippet(message_fts, 0, :begins, :ends, '…', 24) AS snippet
                     FROM message_fts
                     JOIN message ON message.serial = message_fts.rowid
                     JOIN conversation ON conversation.id = message.conversation
                     WHERE message_fts MATCH :query AND conversation.deleted_at IS NULL
                       AND conversation.round IS NULL
                     ORDER BY message_fts.rowid DESC LIMIT :limit",
                )?
                .query_and_then(
                    named_params! {
                        ":begins": MATCH_BEGINS.to_string(),
                        ":ends": MATCH_ENDS.to_string(),
                        ":query": query,
                        ":limit": limit,
                    },
                    read,
                )?
                .collect()
        })
        .await
    }
}

/// What a person typed, as a query in which nothing is an operator: each word is quoted.
pub(crate) fn to_query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| format!("\"{word}\""))
        .collect();
    if words.is_empty() {
        return None;
    }
    Some(format!("{}*", words.join(" ")))
}

fn read(row: &Row<'_>) -> Result<SearchHit, StoreError> {
    let snippet: String = row.get("snippet")?;
    Ok(SearchHit {
        conversation: id(row, "conversation", ConversationId::from_bytes)?,
        title: row.get("title")?,
        message: id(row, "message", MessageId::from_bytes)?,
        created_at: UnixMillis(row.get("created_at")?),
        snippet: parts(&snippet),
    })
}

fn parts(marked: &str) -> Vec<SnippetPart> {
    let mut found = Vec::new();
    for stretch in marked.split(MATCH_BEGINS) {
        let (matched, plain) = stretch.split_once(MATCH_ENDS).unwrap_or(("", stretch));
        for (text, is_match) in [(matched, true), (plain, false)] {
            if !text.is_empty() {
                found.push(SnippetPart {
                    text: text.to_owned(),
                    is_match,
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_typed_is_an_operator() {
        assert_eq!(
            to_query("rust OR \"x\" NOT(y)").as_deref(),
            Some("\"rust\" \"OR\" \"x\" \"NOT\" \"y\"*")
        );
        assert_eq!(to_query(" -*\" "), None);
    }

    #[test]
    fn a_snippet_is_cut_at_its_marks() {
        let part = |text: &str, is_match| SnippetPart {
            text: text.to_owned(),
            is_match,
        };
        assert_eq!(
            parts("…the \u{2}patch\u{3} \u{2}bay\u{3}."),
            [
                part("…the ", false),
                part("patch", true),
                part(" ", false),
                part("bay", true),
                part(".", false)
            ]
        );
        assert_eq!(parts(""), []);
    }
}
