//! How a scripted provider is started.

use std::time::Duration;

use super::lists::ScriptedModel;
use super::organisation::ScriptedOrganisation;

/// How replies move on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Tokens come at once; replies that wait do so until the test releases them.
    #[default]
    Held,
    /// One token in this time; replies that wait do so for as long as the real fault would.
    Every(Duration),
}

/// How to start a scripted provider.
#[derive(Clone, Debug, Default)]
pub struct ScriptedOptions {
    /// The port on loopback; 0 takes a free one.
    pub port: u16,
    /// Requests without this key are turned down, wherever the family carries its key: `Authorization:
    /// Bearer`, `x-api-key`, `x-goog-api-key`. Without it and `expected_keys` any key or none will do.
    pub expected_key: Option<String>,
    /// More keys that are accepted.
    ///
    /// Whatever is expected, a key with `-empty-` in it has no credit (402 for answers), with `-busy-`
    /// in it too many requests (429 for answers), with `-barred-` in it may nothing (403), and with
    /// `-wrong-` in it is not accepted (401), and with `-spent-` in it has used its allowance (429 for
    /// answers, with the headers that say so and without any other delay).
    pub expected_keys: Vec<String>,
    /// How replies move on.
    pub pace: Pace,
    /// Where the model `redirect` sends its requests. Without it: to this server, by another name.
    pub redirect_to: Option<String>,
    /// Names to put at the head of the lists of models, such as `tokens-20000`: the lists have one of
    /// each kind only.
    pub more_models: Vec<String>,
    /// Models with names, sizes and prices of their own, next in the lists.
    pub models: Vec<ScriptedModel>,
    /// So many more models of many makers in the lists.
    pub list_size: usize,
    /// How long access tokens for Vertex last, in seconds; 3,599 where it is not said. The server
    /// itself forgets them only where it is told to.
    pub token_seconds: Option<u64>,
    /// How many answers one key may ask of one family; 10,000 where it is not said. What comes after is
    /// refused with an allowance that is spent for a minute.
    pub request_limit: Option<usize>,
    /// US dollars that are left, as decimal text; `12.5` where it is not said.
    pub balance: Option<String>,
    /// What the organisation used by day, told to keys that begin like admin keys of the family's maker
    /// and to no others; marks such as `-wrong-` work in them too.
    pub organisation: ScriptedOrganisation,
}

impl ScriptedOptions {
    pub(super) fn accepts(&self, key: &str) -> bool {
        let mut accepted = self.expected_key.iter().chain(&self.expected_keys);
        accepted.any(|accepted| accepted == key)
    }

    pub(super) fn expects_a_key(&self) -> bool {
        self.expected_key.is_some() || !self.expected_keys.is_empty()
    }
}
