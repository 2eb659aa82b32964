//! Providers, their keys and what can be told of them. No type here can hold a key.

use patchbay_domain as domain;

use crate::replies::FailureView;
use crate::requests::{HeaderView, OptionValue};

wire! {
    /// A provider that Patchbay knows, to be chosen when one is added.
    pub struct PresetView {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// `maker`, `host`, `gateway`, `cloud`, `local` or `compatible`.
        pub group: String,
        /// What it speaks unless told otherwise.
        #[cfg_attr(feature = "generate", ts(type = "WireFamily"))]
        pub family: domain::WireFamily,
        /// What it can be told to speak.
        #[cfg_attr(feature = "generate", ts(type = "WireFamily[]"))]
        pub families: Vec<domain::WireFamily>,
        /// Where it is; empty where the person knows it. `{name}` stands for an option.
        pub base_url: String,
        /// What it asks for besides an address.
        pub options: Vec<PresetOptionView>,
        /// `always`, `optional` or `never`.
        pub needs_key: String,
        /// What opens it: `key`, `google` (a service account's file, or what Google's tools left here).
        pub credential: String,
        /// How its keys begin, where that is known.
        pub key_prefixes: Vec<String>,
        /// Where keys are made.
        pub key_url: Option<String>,
        /// Where money is put in.
        pub top_up_url: Option<String>,
        /// The environment variables that are used where no key is stored.
        pub environment: Vec<String>,
        /// What requests say of Patchbay, where the person allows it.
        pub attribution: Vec<HeaderView>,
        /// It tells what is left of a key.
        pub has_balance: bool,
        /// What may surprise, in one sentence.
        pub note: Option<String>,
    }

    /// Something that a preset asks for.
    pub struct PresetOptionView {
        /// The name that goes back.
        pub name: String,
        /// For people.
        pub label: String,
        /// An example.
        pub placeholder: String,
        /// What it is, in one sentence.
        pub help: String,
        /// It cannot be left out.
        pub is_required: bool,
        /// What is taken where nothing is typed.
        pub default: String,
        /// The values that there are; empty for free text.
        pub choices: Vec<String>,
    }

    /// A server that was found on this computer and is not among the providers yet.
    pub struct LocalServerView {
        /// Which kind it is.
        pub preset_id: String,
        /// Its name for people.
        pub name: String,
        /// Where it is.
        pub base_url: String,
        /// The first few of its models.
        pub models: Vec<String>,
        /// How many it has.
        pub model_count: u32,
    }

    /// Where the key of a provider is.
    pub struct KeyView {
        /// `keychain`, `session`, `environment` or `none`.
        pub source: String,
        /// The environment variable, where it comes from one.
        pub variable: Option<String>,
        /// Why it is not known, in plain words.
        pub problem: Option<String>,
    }

    /// One of a provider's keys, by its label; never the key.
    pub struct ProviderKeyView {
        /// Which one.
        pub id: String,
        /// The label that receipts show.
        pub label: String,
        /// Where it is.
        pub status: KeyView,
        /// It is left out until it is switched on again.
        pub is_disabled: bool,
        /// How its last test went.
        pub last_test: Option<KeyTestView>,
        /// What is left of it, as far as the provider tells; `null` before anybody asked.
        pub balance: Option<BalanceView>,
    }

    /// How a test of a key went.
    pub struct KeyTestView {
        /// When.
        pub at: i64,
        /// Whether the key works.
        pub is_good: bool,
        /// One sentence with the result.
        pub summary: String,
    }

    /// What is left of a key.
    pub struct BalanceView {
        /// What the provider said last; empty where it never did.
        pub lines: Vec<BalanceLineView>,
        /// When it said so.
        pub fetched_at: Option<i64>,
        /// Why the newest question was not answered.
        pub failure: Option<String>,
        /// When that was.
        pub failed_at: Option<i64>,
    }

    /// One figure of a balance.
    pub struct BalanceLineView {
        /// For people, such as `left` or `limit`.
        pub label: String,
        /// A decimal figure as the provider wrote it.
        pub amount: String,
        /// `USD`, `CNY`, `requests` and the like.
        pub unit: String,
        /// When it is filled up again.
        pub resets_at: Option<i64>,
    }

    /// A provider.
    pub struct ProviderView {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The preset that it was made from.
        pub preset_id: Option<String>,
        /// What it speaks.
        #[cfg_attr(feature = "generate", ts(type = "WireFamily"))]
        pub family: domain::WireFamily,
        /// The same in words.
        pub family_label: String,
        /// Where its API is.
        pub base_url: String,
        /// The same where the person typed it; empty where it follows from the preset.
        pub typed_base_url: String,
        /// Scheme, host and port, to which its keys are bound.
        pub origin: String,
        /// What its preset asked for.
        pub options: Vec<OptionValue>,
        /// Sent with every request.
        pub extra_headers: Vec<HeaderView>,
        /// Requests say that they come from Patchbay, where the provider has headers for that.
        pub has_attribution: bool,
        /// The connection is not encrypted and leaves this computer.
        pub is_plain_text_remote: bool,
        /// The key that is tried first.
        pub key: KeyView,
        /// Every key, in the order in which they are tried.
        pub keys: Vec<ProviderKeyView>,
        /// It tells what is left of a key.
        pub has_balance: bool,
        /// How many models it listed.
        pub model_count: u32,
        /// When it listed them.
        pub models_listed_at: Option<i64>,
        /// Why its list could not be read the last time; the old one is kept.
        pub models_failure: Option<ListFailureView>,
        /// Where keys are made.
        pub key_url: Option<String>,
        /// Where money is put in.
        pub top_up_url: Option<String>,
    }

    /// Why a list could not be read.
    pub struct ListFailureView {
        /// When.
        pub at: i64,
        /// What happened, in one sentence.
        pub sentence: String,
    }

    /// What a test of a provider found.
    pub struct ProviderTest {
        /// Whether a question would get an answer, as far as can be told without asking one.
        pub is_good: bool,
        /// One sentence with the result.
        pub summary: String,
        /// Until the model list was there.
        pub millis: u64,
        /// How many models it listed.
        pub model_count: u32,
        /// The first few of them.
        pub sample: Vec<String>,
        /// What failed.
        pub failure: Option<FailureView>,
        /// What exactly is wrong, as a word: `bad_key`, `other_provider`, `no_credit`, `wrong_region`,
        /// `permission`, `clock`, `proxy`, `address`, `not_running`, `network`, `other`.
        pub diagnosis: Option<String>,
        /// What to do about it.
        pub advice: Option<String>,
        /// The provider whose key this seems to be, where it is another one.
        pub belongs_to_preset: Option<String>,
    }
}
