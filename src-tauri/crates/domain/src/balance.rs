//! What is left of a key: money, a limit, requests, as its provider tells.
//!
//! Amounts stay the decimal text that the provider wrote, in the provider's own unit. Balances come in
//! other currencies than dollars and are shown, never added up, so they are no [`Cost`](crate::Cost).

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;
use crate::words::word_enum;

/// What a provider tells about one key or its account. Empty where it told nothing that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// In the order in which people want to read them: what is left comes first.
    pub lines: Vec<BalanceLine>,
}

/// One figure of a balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceLine {
    /// What the figure is.
    pub kind: BalanceKind,
    /// Plain decimal text such as `12.5` or `-0.03`: no exponent, no thousands marks.
    pub amount: String,
    /// `USD`, `CNY`, `requests` and the like; empty where the provider does not say.
    pub unit: String,
    /// When the figure starts anew, where the provider says so.
    pub resets_at: Option<UnixMillis>,
    /// What belongs to the figure, such as `today`, or why it cannot be used.
    pub note: Option<String>,
}

word_enum! {
    /// What a figure of a balance is.
    pub enum BalanceKind {
        /// What can still be spent.
        Remaining = "remaining",
        /// What was spent.
        Used = "used",
        /// The most that may be spent.
        Limit = "limit",
        /// The part of the rest that was a gift.
        Granted = "granted",
        /// The part of the rest that was paid in.
        ToppedUp = "topped_up",
        /// What is owed.
        Owed = "owed",
        /// How many requests are left.
        RequestsLeft = "requests_left",
    }
}

impl BalanceKind {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Remaining => "left",
            Self::Used => "used",
            Self::Limit => "limit",
            Self::Granted => "of it granted",
            Self::ToppedUp => "of it paid in",
            Self::Owed => "owed",
            Self::RequestsLeft => "requests left",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_balance_reads_back_and_its_words_stay() {
        let balance = Balance {
            lines: vec![BalanceLine {
                kind: BalanceKind::ToppedUp,
                amount: "100.00".to_owned(),
                unit: "CNY".to_owned(),
                resets_at: Some(UnixMillis(5)),
                note: None,
            }],
        };
        let text = serde_json::to_string(&balance).unwrap();
        assert!(text.contains(r#""kind":"topped_up""#), "{text}");
        assert_eq!(serde_json::from_str::<Balance>(&text).unwrap(), balance);
    }
}
