//! What is known of each provider, as data: one file, read once.
//!
//! A preset saves a person from looking things up, and nothing depends on it: a provider at any other
//! address is made from the `compatible` presets. An empty field means that nobody documents the fact.

mod declared;
mod recognise;
mod resolve;

use std::sync::LazyLock;

use patchbay_domain::WireFamily;
use serde::{Deserialize, Serialize};

pub use self::declared::{DataPolicy, Organisation, TopUpFees, Trains};
pub use self::recognise::{Recognised, variables_of};
pub use self::resolve::{PresetError, Resolved};
use crate::balance::BalanceShape;
use crate::openai_chat::{Dialect, ModelListShape};

/// One provider, or one kind of server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its id, which never changes once it was released: stored providers name it.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Where the picker shows it.
    pub group: Group,
    /// What it speaks, each with its address. The first is taken where nobody chooses.
    pub speaks: Vec<Speaks>,
    /// What it asks for besides a key.
    #[serde(default)]
    pub options: Vec<PresetOption>,
    /// Where its key goes, unless an entry of `speaks` says otherwise.
    #[serde(default)]
    pub auth: Auth,
    /// Whether it wants a key.
    pub needs_key: NeedsKey,
    /// The page on which keys are made.
    #[serde(default)]
    pub key_url: Option<String>,
    /// The page on which money is put in.
    #[serde(default)]
    pub top_up_url: Option<String>,
    /// Its documentation; none for the `compatible` presets.
    #[serde(default)]
    pub docs_url: Option<String>,
    /// The page that tells of its faults.
    #[serde(default)]
    pub status_url: Option<String>,
    /// How its keys begin and nobody else's do.
    #[serde(default)]
    pub key_prefixes: Vec<String>,
    /// Its keys end or are signed with a time, so that a wrong clock spoils them.
    #[serde(default)]
    pub keys_are_dated: bool,
    /// The environment variables that its maker documents, the first of them first.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Base URLs of the same service that people know from older pages.
    #[serde(default)]
    pub also_at: Vec<String>,
    /// Ids of presets of the same maker for other regions, whose keys do not work here.
    #[serde(default)]
    pub elsewhere: Vec<String>,
    /// Ids of presets that take the same keys.
    #[serde(default)]
    pub shares_keys_with: Vec<String>,
    /// Models to offer where there is no list to ask for.
    #[serde(default)]
    pub fixed_models: Vec<String>,
    /// How it differs from others that speak OpenAI's chat format.
    #[serde(default)]
    pub dialect: Dialect,
    /// Beginnings of the names of models, in lower case, that go on from half an answer here; an empty
    /// one for all. Which Claude models do is known beside their format.
    #[serde(default)]
    pub prefill_models: Vec<String>,
    /// How it tells what is left of a key.
    #[serde(default)]
    pub balance: Option<BalanceShape>,
    /// How it tells what a whole organisation used, to whoever has an admin key.
    #[serde(default)]
    pub organisation: Option<Organisation>,
    /// How it tells how much more may be asked.
    #[serde(default)]
    pub rate_limit_headers: RateLimitHeaders,
    /// What tells it which app asks, sent only where the person allows it.
    #[serde(default)]
    pub attribution: Vec<AttributionHeader>,
    /// What may surprise, in one sentence.
    #[serde(default)]
    pub note: Option<String>,
    /// What becomes of prompts, as far as the maker declares it.
    #[serde(default)]
    pub data_policy: Option<DataPolicy>,
    /// What putting money in costs, where it is documented.
    #[serde(default)]
    pub fees: Option<TopUpFees>,
    /// The port that a server on this computer usually has.
    #[serde(default)]
    pub local_port: Option<u16>,
    /// A port that its newer or older versions have instead.
    #[serde(default)]
    pub other_local_port: Option<u16>,
    /// Hardly anything else uses that port, so that an address with it is recognised.
    #[serde(default)]
    pub port_is_telling: bool,
    /// Ends of paths that people paste and that its first family does not want.
    #[serde(default)]
    pub strip: Vec<String>,
}

/// One wire family that a provider speaks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speaks {
    /// The family.
    pub family: WireFamily,
    /// Where its API begins, with `{name}` for what an option fills in; empty where only the person
    /// knows it.
    #[serde(default)]
    pub base_url: String,
    /// The path to add to an address that a person typed without any.
    #[serde(default)]
    pub path: String,
    /// Where its list of models is, below the base URL; empty where there is none.
    #[serde(default = "usual_models_path")]
    pub models_path: String,
    /// The word for the shape of that list; `plain` tells neither prices nor dates.
    #[serde(default)]
    pub list_shape: ModelListShape,
    /// Where the key goes for this family.
    #[serde(default)]
    pub auth: Option<Auth>,
}

fn usual_models_path() -> String {
    "models".to_owned()
}

/// Something that a preset asks for besides a key, such as a region.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetOption {
    /// Its name in the address and in what is stored.
    pub name: String,
    /// For people.
    pub label: String,
    /// An example.
    #[serde(default)]
    pub placeholder: String,
    /// What it is, in one sentence.
    pub help: String,
    /// It cannot be left out.
    #[serde(default)]
    pub required: bool,
    /// What is taken where nothing is typed.
    #[serde(default)]
    pub default: String,
    /// The values that there are; empty for free text.
    #[serde(default)]
    pub choices: Vec<Choice>,
    /// Values of free text that fill the address in another way than the rest.
    #[serde(default)]
    pub known: Vec<Choice>,
    /// What else it fills in, where the value does not say so itself. `{name}` stands for the value.
    #[serde(default)]
    pub fill: std::collections::BTreeMap<String, String>,
    /// The family wants the value too, besides what it fills in.
    #[serde(default)]
    pub passed_on: bool,
    /// A key works only with the value with which it was made.
    #[serde(default)]
    pub binds_key: bool,
}

/// One value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value, as it is shown and stored.
    pub value: String,
    /// What else it fills in.
    #[serde(default)]
    pub fill: std::collections::BTreeMap<String, String>,
}

/// Where the picker shows a preset. In the order of the picker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Makers of models.
    Maker,
    /// Hosts of other people's models.
    Host,
    /// Gateways to many hosts.
    Gateway,
    /// Clouds with accounts, projects and regions.
    Cloud,
    /// Servers on this computer.
    Local,
    /// Any address that speaks a family.
    Compatible,
}

impl Group {
    /// The word for it in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Host => "host",
            Self::Gateway => "gateway",
            Self::Cloud => "cloud",
            Self::Local => "local",
            Self::Compatible => "compatible",
        }
    }
}

/// Whether a provider wants a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedsKey {
    /// Nothing works without one.
    Always,
    /// Whoever runs the server decides.
    Optional,
    /// There is none.
    Never,
}

impl NeedsKey {
    /// The word for it in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Optional => "optional",
            Self::Never => "never",
        }
    }
}

/// Where a key goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// Where the family usually has it.
    #[default]
    Usual,
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of this name.
    Header(String),
    /// No key but what opens Google's cloud: a service account, or what Google's tools left here.
    Google,
}

/// Names of the headers with which a provider tells how much more may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateLimitHeaders {
    /// None that is documented.
    #[default]
    None,
    /// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, resets as durations.
    Openai,
    /// `anthropic-ratelimit-*`, resets as RFC 3339.
    Anthropic,
    /// OpenAI's names; requests are counted by the day and tokens by the minute.
    Groq,
    /// `x-ratelimit-*` and `x-tokenlimit-*`, by the second.
    Together,
    /// `X-RateLimit-*`, only on its own refusals; the reset is a moment.
    Openrouter,
}

/// One header that tells which app asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributionHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    preset: Vec<Preset>,
}

static ALL: LazyLock<Vec<Preset>> = LazyLock::new(|| match read(include_str!("presets.toml")) {
    Ok(presets) => presets,
    // A test reads the same text, so this is never seen; without presets any address can be typed.
    Err(error) => {
        tracing::error!(%error, "the presets cannot be read");
        Vec::new()
    }
});

fn read(text: &str) -> Result<Vec<Preset>, toml::de::Error> {
    toml::from_str::<File>(text).map(|file| file.preset)
}

impl Preset {
    /// All of them, in the order of the picker.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The one with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        Self::all().iter().find(|preset| preset.id == id)
    }

    /// What it speaks where nobody chooses.
    pub fn family(&self) -> WireFamily {
        // A test sees to it that each speaks something.
        self.speaks
            .first()
            .map_or(WireFamily::OpenAiChat, |speaks| speaks.family)
    }

    /// All that it can be told to speak.
    pub fn families(&self) -> Vec<WireFamily> {
        self.speaks.iter().map(|speaks| speaks.family).collect()
    }

    /// The entry for a family; the first one where nobody chooses.
    pub fn speaks(&self, family: Option<WireFamily>) -> Option<&Speaks> {
        match family {
            None => self.speaks.first(),
            Some(family) => self.speaks.iter().find(|speaks| speaks.family == family),
        }
    }

    /// Whether nothing can be asked without a key. What Google's own tools left on this computer is
    /// as good as one.
    pub fn always_needs_key(&self) -> bool {
        self.needs_key == NeedsKey::Always && !self.is_opened_by_google()
    }

    /// Whether it is opened by what opens Google's cloud, and by no key.
    pub fn is_opened_by_google(&self) -> bool {
        self.auth == Auth::Google
    }

    /// Whether only the person knows its address.
    pub fn takes_address(&self) -> bool {
        self.speaks
            .first()
            .is_some_and(|speaks| speaks.base_url.is_empty())
    }
}

#[cfg(test)]
mod tests;
