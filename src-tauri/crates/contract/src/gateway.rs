//! The gateway: whether it listens, the apps that may use it, and what they asked. Times are
//! milliseconds since 1970 UTC.
//!
//! **Invariant:** an app's token crosses once, when it is made; Patchbay itself keeps its hash alone.

use crate::receipts::FoundReceipt;
use crate::replies::RunView;
use crate::requests::TypedKey;

wire! {
    /// Whether it is to listen, and where.
    pub struct GatewaySettings {
        /// It listens whenever Patchbay runs.
        pub is_on: bool,
        /// The port on 127.0.0.1; 1 to 65535.
        pub port: u16,
    }

    /// Whether it listens.
    pub struct GatewayStatus {
        /// What was set.
        pub settings: GatewaySettings,
        /// Where it listens, such as `http://127.0.0.1:4180`; `null` where it does not.
        pub address: Option<String>,
        /// Why it does not although it should, in one sentence.
        pub problem: Option<String>,
        /// What to do about that.
        pub advice: Option<String>,
    }

    /// What an app may do, and how it is answered.
    pub struct AppRulesView {
        /// Only these names of routes and models, as it writes them; empty for all.
        pub models: Vec<String>,
        /// This route or model answers, whatever it asks for.
        pub answers_with: Option<String>,
        /// Requests in any 60 seconds.
        pub requests_a_minute: Option<u32>,
        /// Requests at once.
        pub requests_at_once: Option<u32>,
        /// From then on its token is refused.
        pub expires_at: Option<i64>,
        /// What it asks and what it is answered is kept.
        pub keeps_texts: bool,
        /// Nothing is sent to it before the answer is whole.
        pub holds_back: bool,
        /// Milliseconds until another way in is asked where the first token is late.
        pub first_token_millis: Option<u64>,
        /// Web pages that may ask with its token, by their origin.
        pub origins: Vec<String>,
    }

    /// A client of the gateway.
    pub struct AppView {
        /// A short word that never changes; budgets and charts of spend name it.
        pub id: String,
        /// What a person calls it.
        pub name: String,
        /// What it may do.
        pub rules: AppRulesView,
        /// The last characters of its token.
        pub token_hint: String,
        /// When it was made.
        pub created_at: i64,
        /// When it last asked.
        pub last_used_at: Option<i64>,
        /// Since when its token is refused.
        pub revoked_at: Option<i64>,
    }

    /// A new app.
    pub struct AppDraft {
        /// What it is called.
        pub name: String,
        /// What it may do.
        pub rules: AppRulesView,
    }

    /// Changes of an app.
    pub struct AppChange {
        /// Which.
        pub id: String,
        /// What it is called from now on.
        pub name: String,
        /// What it may do from now on.
        pub rules: AppRulesView,
    }

    /// One app.
    pub struct AppReference {
        /// Its id.
        pub id: String,
    }

    /// An app with the token that it was just given. It is shown once.
    pub struct AppWithToken {
        /// The app.
        pub app: AppView,
        /// Its token.
        pub token: String,
    }

    /// Which requests of apps are wanted.
    pub struct AppRequestSearch {
        /// Of this app.
        pub app: Option<String>,
        /// With each of these words in what was asked or answered.
        pub text: Option<String>,
        /// Those that failed.
        pub failed: bool,
        /// Those before the one with this number.
        pub before: Option<i64>,
        /// At most so many; up to 200.
        pub limit: u32,
    }

    /// A request of an app, in short.
    pub struct AppRequestView {
        /// Where the next page begins.
        pub serial: i64,
        /// Its receipt in short; `outcome` is `running` while it is answered.
        pub receipt: FoundReceipt,
        /// Milliseconds until it was answered whole; `null` while it goes on.
        pub took_millis: Option<i64>,
        /// The app's id.
        pub app: String,
        /// The gateway's path that it asked, such as `/v1/chat/completions`.
        pub path: String,
        /// The name of the model or route, as the app wrote it.
        pub model: String,
        /// It wanted the answer piece by piece.
        pub is_stream: bool,
        /// What the app said of itself: its title.
        pub client_title: Option<String>,
        /// Its address.
        pub client_address: Option<String>,
        /// Its user agent.
        pub client_agent: Option<String>,
        /// The beginning of what was asked; `null` where it is not kept.
        pub question: Option<String>,
        /// It can be opened as a chat.
        pub has_texts: bool,
        /// The chat that it was opened as.
        pub conversation_id: Option<String>,
    }

    /// One turn of what an app asked.
    pub struct AppTurn {
        /// `system`, `user` or `assistant`.
        pub role: String,
        /// In words; pictures, calls of tools and their results are named.
        pub text: String,
    }

    /// A request of an app with all that is kept of it.
    pub struct AppRequestDetailView {
        /// Its run.
        pub run_id: String,
        /// The app's id.
        pub app: String,
        /// The name that it wrote.
        pub model: String,
        /// What was asked, turn by turn; empty where it is not kept.
        pub turns: Vec<AppTurn>,
        /// What was answered; `null` before the end and where it is not kept.
        pub answer: Option<String>,
        /// Embeddings were asked for: the answer is how many vectors there were, and no chat goes on with it.
        pub is_for_embeddings: bool,
        /// Tools that the answer calls, as JSON.
        pub tool_calls: Option<String>,
        /// The receipt.
        pub run: RunView,
    }

    /// One request of an app.
    pub struct AppRequestReference {
        /// Its run.
        pub run_id: String,
    }

    /// Whose texts are to be forgotten.
    pub struct AppTextsReference {
        /// The app's id; `null` for all apps.
        pub app: Option<String>,
    }

    /// The routes as a configuration for LiteLLM's proxy. No key is in it.
    pub struct LiteLlmExportView {
        /// The file.
        pub yaml: String,
        /// Environment variables that it reads.
        pub variables: Vec<LiteLlmVariable>,
        /// Whole sentences about what is different there.
        pub notes: Vec<String>,
    }

    /// An environment variable that LiteLLM's proxy reads.
    pub struct LiteLlmVariable {
        /// Its name.
        pub name: String,
        /// What belongs there.
        pub holds: String,
    }

    /// A name that an app can ask for.
    pub struct GatewayModelName {
        /// What it writes.
        pub name: String,
        /// A name for people.
        pub title: String,
        /// It is a route.
        pub is_route: bool,
        /// It answers in words; else it makes embeddings.
        pub is_chat: bool,
    }

    /// Where what is asked and spent is sent on to, as OpenTelemetry spans and metrics. No text of a
    /// question or an answer is ever in them.
    pub struct TelemetryView {
        /// It is sent.
        pub is_on: bool,
        /// The collector's address without `/v1/traces`; empty where none was ever set.
        pub address: String,
        /// The header that holds the collector's secret.
        pub header: Option<String>,
        /// The word before the secret there, such as `Bearer`.
        pub scheme: Option<String>,
        /// The secret is in the keychain.
        pub has_secret: bool,
        /// Batches that the collector took since Patchbay started or since it was set up.
        pub batches: u64,
        /// When it took the last one.
        pub last_at: Option<i64>,
        /// Why it did not take the newest one, in a sentence.
        pub problem: Option<String>,
    }

    /// Where it is to be sent.
    pub struct TelemetryDraft {
        /// It is sent.
        pub is_on: bool,
        /// The collector's address.
        pub address: String,
        /// The header that holds a secret; `null` for none.
        pub header: Option<String>,
        /// What the header is to hold; `null` leaves what is in the keychain. It goes one way only.
        #[cfg_attr(feature = "generate", ts(type = "string | null"))]
        pub secret: Option<TypedKey>,
    }
}
