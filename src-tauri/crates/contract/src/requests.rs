//! What the web view asks.

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
        pub endpoint: EndpointView,
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

    /// A provider as it stands in the form. The same form can be tested before it is saved.
    pub struct ProviderDraft {
        /// `null` for a new one.
        pub provider_id: Option<String>,
        /// The name for people.
        pub name: String,
        /// As typed; Patchbay completes it.
        pub base_url: String,
        /// Sent with every request.
        pub extra_headers: Vec<HeaderView>,
        /// A key that was typed now; `null` leaves the stored one as it is.
        pub key: Option<String>,
        /// Keep the typed key for this session only.
        pub key_for_session_only: bool,
    }

    /// Store a key.
    pub struct KeySet {
        /// For which provider. The key is bound to the origin of its base URL.
        pub provider_id: String,
        /// The key. It goes one way only.
        pub key: String,
        /// Keep it for this session only, outside the keychain.
        pub session_only: bool,
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
        /// Whom to ask in a new chat.
        pub endpoint: Option<EndpointView>,
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
            enter_sends: true,
            sidebar_open: true,
        }
    }
}
