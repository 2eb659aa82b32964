//! What the web view asks.

use std::fmt;

use patchbay_domain as domain;
use serde::{Deserialize, Serialize};

/// A key on its way from the window to the keychain: plain text on the wire, and nothing in `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TypedKey(pub String);

impl fmt::Debug for TypedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TypedKey")
    }
}

use crate::routing::TargetView;

wire! {
    /// One conversation.
    pub struct ConversationReference {
        /// Its id.
        pub conversation_id: String,
    }

    /// A new title.
    pub struct ConversationRename {
        /// Which conversation.
        pub conversation_id: String,
        /// 1 to 200 characters; blanks around it are cut off.
        pub title: String,
    }

    /// Which branch of the tree is shown.
    pub struct ConversationLeaf {
        /// Which conversation.
        pub conversation_id: String,
        /// Any message; the branch is followed from there to its newest end.
        pub message_id: String,
    }

    /// What a conversation asks with.
    pub struct ConversationOptions {
        /// Which conversation.
        pub conversation_id: String,
        /// Standing instructions; empty for none.
        pub system_prompt: String,
        /// How to sample.
        pub parameters: ParametersView,
    }

    /// How to sample; `null` leaves it to the model.
    #[derive(Default)]
    pub struct ParametersView {
        /// 0 to 2.
        pub temperature: Option<f64>,
        /// Above 0, at most 1.
        pub top_p: Option<f64>,
        /// A whole number that JavaScript holds exactly.
        pub seed: Option<u64>,
        /// Tokens of the longest answer.
        pub max_tokens: Option<u32>,
        /// At most four texts.
        pub stop: Vec<String>,
        /// How much to think first, for models that can.
        #[cfg_attr(feature = "generate", ts(type = "ReasoningEffort | null"))]
        pub reasoning_effort: Option<domain::content::ReasoningEffort>,
    }

    /// One way in: which provider, and that provider's id of the model.
    #[derive(PartialEq, Eq, Hash)]
    pub struct EndpointView {
        /// The provider.
        pub provider_id: String,
        /// The model's id as the provider spells it.
        pub model: String,
    }

    /// Ask a model.
    pub struct RunStart {
        /// `null` begins a new conversation.
        pub conversation_id: Option<String>,
        /// The message that the question follows; for a repeated answer, the question itself.
        pub parent_id: Option<String>,
        /// The question; `null` asks for another answer to `parent_id`.
        pub text: Option<String>,
        /// Whom to ask.
        pub target: TargetView,
        /// Standing instructions for a new conversation; `null` keeps those of the conversation.
        pub system_prompt: Option<String>,
        /// How to sample in a new conversation; `null` keeps those of the conversation.
        pub parameters: Option<ParametersView>,
    }

    /// One run.
    pub struct RunReference {
        /// Its id.
        pub run_id: String,
    }

    /// One provider.
    pub struct ProviderReference {
        /// Its id.
        pub provider_id: String,
    }

    /// One header that is sent with every request.
    #[derive(PartialEq, Eq)]
    pub struct HeaderView {
        /// Its name. Names that carry keys are refused: keys belong in the keychain.
        pub name: String,
        /// Its value, as printable ASCII.
        pub value: String,
    }

    /// A value that only a preset knows, such as a region.
    #[derive(PartialEq, Eq)]
    pub struct OptionValue {
        /// The option's name in the preset.
        pub name: String,
        /// What was chosen or typed. Never a key.
        pub value: String,
    }

    /// A provider as it stands in the form. The same form can be tested before it is saved.
    pub struct ProviderDraft {
        /// `null` for a new one.
        pub provider_id: Option<String>,
        /// The preset that it is made from; `null` for an address of which nothing is known.
        pub preset_id: Option<String>,
        /// The wire family that it speaks, as a word of `WireFamily`; `null` leaves it to the preset.
        #[cfg_attr(feature = "generate", ts(type = "WireFamily | null"))]
        pub family: Option<domain::WireFamily>,
        /// The name for people.
        pub name: String,
        /// As typed; Patchbay completes it. Empty leaves it to the preset and its options.
        pub base_url: String,
        /// What the preset asks for besides an address.
        pub options: Vec<OptionValue>,
        /// Sent with every request.
        pub extra_headers: Vec<HeaderView>,
        /// Requests say that they come from Patchbay, where the provider has headers for that.
        pub has_attribution: bool,
        /// A key that was typed now; `null` leaves the stored ones as they are. For a provider that
        /// has keys already it replaces the first.
        #[cfg_attr(feature = "generate", ts(type = "string | null"))]
        pub key: Option<TypedKey>,
        /// Keep the typed key for this session only.
        pub key_for_session_only: bool,
    }

    /// Store a key, in a new slot or in one that there is.
    pub struct KeySet {
        /// For which provider. The key is bound to the origin of its base URL.
        pub provider_id: String,
        /// The slot whose key is replaced; `null` adds one at the end.
        pub key_id: Option<String>,
        /// The label for people; `null` leaves it, or numbers a new one.
        pub label: Option<String>,
        /// The key; `null` only names the slot. It goes one way only.
        #[cfg_attr(feature = "generate", ts(type = "string | null"))]
        pub key: Option<TypedKey>,
        /// Keep it for this session only, outside the keychain.
        pub session_only: bool,
    }

    /// One key of a provider.
    pub struct KeyReference {
        /// Which provider.
        pub provider_id: String,
        /// Which of its keys.
        pub key_id: String,
    }

    /// In which order the keys of a provider are tried.
    pub struct KeyOrder {
        /// Which provider.
        pub provider_id: String,
        /// Every key, the first one first.
        pub key_ids: Vec<String>,
    }

    /// Whether a key is tried at all.
    pub struct KeySwitch {
        /// Which provider.
        pub provider_id: String,
        /// Which of its keys.
        pub key_id: String,
        /// It is left out until it is switched on again.
        pub is_disabled: bool,
    }

    /// Sets a star, or takes it away.
    pub struct ModelStar {
        /// `key` of the model.
        pub key: String,
        /// Whether it has one from now on.
        pub is_starred: bool,
    }

    /// One way in whose details are asked for.
    pub struct ModelReference {
        /// Which one.
        pub endpoint: EndpointView,
    }

    /// A person's own price of one way in; it wins over every list. Amounts are dollars per million
    /// tokens as decimal text, such as `0.15`; `null` where it is not known.
    pub struct PriceOverride {
        /// For which way in.
        pub endpoint: EndpointView,
        /// Prompt tokens.
        pub input: Option<String>,
        /// Answer tokens.
        pub output: Option<String>,
        /// Prompt tokens from the cache.
        pub cache_read: Option<String>,
        /// Prompt tokens written to the cache.
        pub cache_write: Option<String>,
        /// Thinking tokens, where they cost something else than the answer's.
        pub reasoning: Option<String>,
        /// Dollars for each request.
        pub per_request: Option<String>,
    }

    /// Open a link in the person's browser.
    pub struct LinkOpen {
        /// `https:`, `http:` or `mailto:`; anything else is refused.
        pub url: String,
    }

    /// What went wrong in the web view, for the log.
    pub struct UiLog {
        /// `error` or `warning`.
        pub level: String,
        /// At most 4,000 characters are kept.
        pub message: String,
    }

    /// What a person set up for the window. Unknown fields of a newer version are kept.
    #[derive(PartialEq)]
    pub struct Settings {
        /// `system`, `light`, `dark` or `contrast`.
        pub theme: String,
        /// Percent, 80 to 200.
        pub zoom: u32,
        /// Whom to ask in a new chat, as older versions wrote it.
        pub endpoint: Option<EndpointView>,
        /// What to ask in a new chat.
        #[serde(default)]
        pub target: Option<TargetView>,
        /// Enter sends and Shift+Enter makes a new line; otherwise Ctrl+Enter sends.
        pub enter_sends: bool,
        /// The list of chats is shown.
        pub sidebar_open: bool,
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "system".to_owned(),
            zoom: 100,
            endpoint: None,
            target: None,
            enter_sends: true,
            sidebar_open: true,
        }
    }
}
