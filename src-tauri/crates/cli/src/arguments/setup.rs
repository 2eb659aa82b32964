//! Setting up providers, keys, routes, apps, budgets and the model on this computer.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use patchbay_domain::budget::Period;
use patchbay_domain::route::Policy;
use patchbay_domain::run::HalfAnswer;
use patchbay_domain::{NanoUsd, WireFamily};

/// Where a key is read from.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub(crate) struct KeySourceArguments {
    /// Read the key from standard input; at a terminal it is not shown as it is typed
    #[arg(long)]
    pub(crate) from_stdin: bool,
    /// Read the key from this environment variable
    #[arg(long, value_name = "NAME")]
    pub(crate) from_env: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct NewProvider {
    /// What Patchbay knows of it, such as openai or openrouter; "patchbay provider presets" lists them
    #[arg(long, value_name = "PRESET", required_unless_present = "url")]
    pub(crate) preset: Option<String>,
    /// Its address, such as https://api.example.com/v1
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// What it speaks; otherwise what its preset says, or openai_chat
    #[arg(long, value_parser = PossibleValuesParser::new(words(WireFamily::ALL, WireFamily::as_str)))]
    pub(crate) family: Option<String>,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// What its preset asks for besides, such as region=eu-west-1; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) option: Vec<(String, String)>,
    /// Sent with every request, never a key; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) header: Vec<(String, String)>,
    /// Do not say in requests that they come from Patchbay
    #[arg(long)]
    pub(crate) no_attribution: bool,
    /// Change the provider with this id instead of adding one
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<String>,
    #[command(flatten)]
    pub(crate) key: KeySourceArguments,
}

/// About providers.
#[derive(Debug, Subcommand)]
pub(crate) enum ProviderAction {
    /// Add a provider, and read its list of models
    Add(Box<NewProvider>),
    /// List the providers
    List,
    /// Remove a provider; the window can bring it back for a day
    Remove {
        /// Its id or its name
        provider: String,
    },
    /// Ask a provider for its list of models with the key that is stored
    Test {
        /// Its id or its name
        provider: String,
    },
    /// List what Patchbay knows, with their environment variables
    Presets,
}

/// About keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Store a key in the keychain
    Add {
        /// The provider's id or name
        provider: String,
        #[command(flatten)]
        source: KeySourceArguments,
        /// What it is called; otherwise it gets a number
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// Replace the key with this id instead of adding one
        #[arg(long, value_name = "ID")]
        replace: Option<String>,
        /// It is an admin key: it reads what the organisation was charged, and asks no model
        #[arg(long, conflicts_with_all = ["label", "replace"])]
        admin: bool,
    },
    /// List the keys, never what they are
    List {
        /// Only those of this provider
        provider: Option<String>,
    },
    /// Set in which order a provider's keys are tried
    Order {
        /// The provider's id or name
        provider: String,
        /// Every key, by its id or label, the first one first
        #[arg(required = true)]
        key_ids: Vec<String>,
    },
    /// Leave a key out, or take it in again
    Switch {
        /// The provider's id or name
        provider: String,
        /// The key's id or label
        key_id: String,
        /// Whether it is tried
        #[arg(value_parser = ["on", "off"])]
        state: String,
    },
    /// Delete a key from the keychain
    Remove {
        /// The provider's id or name
        provider: String,
        /// The key's id or label; may be left out where there is only one
        key_id: Option<String>,
        /// Delete the admin key, and the sums that were read with it
        #[arg(long, conflicts_with = "key_id")]
        admin: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RouteAdd {
    /// What it is called; may be left out with --from
    #[arg(required_unless_present = "from")]
    pub(crate) name: Option<String>,
    /// Whom it asks: a model by all its ways in, or PROVIDER/MODEL for one of them; the first one first
    #[arg(long, short, value_name = "NAME", required_unless_present = "from")]
    pub(crate) model: Vec<String>,
    /// In which order
    #[arg(long, value_parser = PossibleValuesParser::new(words(Policy::ALL, Policy::as_str)))]
    pub(crate) policy: Option<String>,
    /// With my_best: only votes with this tag count
    #[arg(long, value_name = "TAG")]
    pub(crate) best_for: Option<String>,
    /// Start a second way in where the first token is late
    #[arg(long)]
    pub(crate) hedged: bool,
    /// What becomes of half an answer
    #[arg(long, value_parser = PossibleValuesParser::new(words(HalfAnswer::ALL, HalfAnswer::as_str)))]
    pub(crate) half_answer: Option<String>,
    /// The most that one answer may cost, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(crate) answer_ceiling: Option<NanoUsd>,
    /// The most that a million answer tokens may cost, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub(crate) output_ceiling: Option<NanoUsd>,
    /// Milliseconds to the first token
    #[arg(long, value_name = "MILLIS")]
    pub(crate) first_token_millis: Option<u64>,
    /// Only ways in that take or do this; may be given again
    #[arg(long, value_parser = PossibleValuesParser::new(NEEDS))]
    pub(crate) needs: Vec<String>,
    /// Never this provider; may be given again
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) without: Vec<String>,
    /// Take all settings from this file, as "route list --json" prints a route; "-" for standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// Replace the route of this name where there is one
    #[arg(long)]
    pub(crate) replace: bool,
}

/// What a route can want of its ways in.
pub(crate) const NEEDS: [&str; 9] = [
    "images",
    "tools",
    "reasoning",
    "json_schema",
    "open_weights",
    "local_only",
    "direct_only",
    "no_training",
    "no_keeping",
];

/// About routes.
#[derive(Debug, Subcommand)]
pub(crate) enum RouteAction {
    /// Add a route
    Add(Box<RouteAdd>),
    /// List the routes; with --json in a form that "route add --from" reads
    List,
    /// Remove a route; the window can bring it back for a day
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AppRulesArguments {
    /// Only these names of routes and models; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) allow: Vec<String>,
    /// This route or model answers, whatever the app asks for
    #[arg(long, value_name = "NAME")]
    pub(crate) answers_with: Option<String>,
    /// Requests in any 60 seconds
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requests_a_minute: Option<u32>,
    /// Requests at once
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requests_at_once: Option<u32>,
    /// Refuse its token from the end of this many days on
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) expires_in_days: Option<u32>,
    /// Keep nothing of what it asks and is answered; receipts are kept in any case
    #[arg(long)]
    pub(crate) keep_no_texts: bool,
    /// Send it nothing before an answer is whole
    #[arg(long)]
    pub(crate) hold_back: bool,
    /// Milliseconds until another way in is asked where the first token is late
    #[arg(long, value_name = "MILLIS")]
    pub(crate) first_token_millis: Option<u64>,
    /// A web page that may ask with its token, such as http://localhost:5173; may be given again
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) origin: Vec<String>,
}

/// About apps.
#[derive(Debug, Subcommand)]
pub(crate) enum AppAction {
    /// Add an app and print its token, once
    Add {
        /// What it is called
        name: String,
        #[command(flatten)]
        rules: Box<AppRulesArguments>,
    },
    /// List the apps
    List,
    /// Give an app other rules in place of its old ones; its token stays
    Change {
        /// Its id or its name
        app: String,
        /// Another name
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        #[command(flatten)]
        rules: Box<AppRulesArguments>,
    },
    /// Refuse an app's token from now on, and keep the app
    Revoke {
        /// Its id or its name
        app: String,
    },
    /// Give an app a new token in place of its old one, and print it, once
    Renew {
        /// Its id or its name
        app: String,
    },
    /// Remove an app; its token is refused from now on
    Remove {
        /// Its id or its name
        app: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BudgetAdd {
    /// The most, in dollars
    #[arg(value_name = "DOLLARS", value_parser = dollars)]
    pub(crate) limit: NanoUsd,
    /// How long it lasts before it starts anew
    #[arg(long, default_value = "month", value_parser = PossibleValuesParser::new(words(Period::ALL, Period::as_str)))]
    pub(crate) period: String,
    /// Hold only this app of the gateway
    #[arg(long, value_name = "APP", group = "scope")]
    pub(crate) app: Option<String>,
    /// Hold only this provider
    #[arg(long, value_name = "PROVIDER", group = "scope")]
    pub(crate) provider: Option<String>,
    /// Hold only this model, by its canonical name
    #[arg(long, value_name = "NAME", group = "scope")]
    pub(crate) model: Option<String>,
    /// Say so from this part on, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(crate) warns_at: Option<u8>,
    /// Take cheaper ways in from this part on, in percent
    #[arg(long, value_name = "PERCENT")]
    pub(crate) saves_at: Option<u8>,
    /// Ask this route from there on
    #[arg(long, value_name = "ROUTE", requires = "saves_at")]
    pub(crate) saves_with: Option<String>,
    /// Ask nothing that costs once it is spent
    #[arg(long)]
    pub(crate) stops: bool,
    /// Where it stops, ask nobody whose price is not known
    #[arg(long, requires = "stops")]
    pub(crate) refuses_unknown: bool,
}

/// About budgets.
#[derive(Debug, Subcommand)]
pub(crate) enum BudgetAction {
    /// Add a budget
    Add(Box<BudgetAdd>),
    /// List the budgets and where they stand
    List,
    /// Remove a budget
    Remove {
        /// Its id, as "budget list" shows it
        id: String,
    },
}

/// Dollars for each million tokens, where it is not said otherwise.
#[derive(Debug, Args)]
pub(crate) struct PriceSet {
    /// The way in, as PROVIDER/MODEL
    #[arg(value_name = "PROVIDER/MODEL")]
    pub(crate) way_in: String,
    /// Prompt tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) input: String,
    /// Answer tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) output: String,
    /// Prompt tokens from the cache
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) cache_read: Option<String>,
    /// Prompt tokens written to the cache
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) cache_write: Option<String>,
    /// Thinking tokens
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) reasoning: Option<String>,
    /// Each request
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) per_request: Option<String>,
}

/// About prices.
#[derive(Debug, Subcommand)]
pub(crate) enum PriceAction {
    /// Set your own price of a way in, which wins over every list
    Set(Box<PriceSet>),
    /// Show the price of a way in, and what each list says
    Show {
        /// The way in, as PROVIDER/MODEL
        #[arg(value_name = "PROVIDER/MODEL")]
        way_in: String,
    },
    /// Take your own price back
    Remove {
        /// The way in, as PROVIDER/MODEL
        #[arg(value_name = "PROVIDER/MODEL")]
        way_in: String,
    },
}

/// About the model on this computer.
#[derive(Debug, Subcommand)]
pub(crate) enum LocalModelAction {
    /// Say whether it is there
    Status,
    /// Fetch and prepare it
    Download,
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// `NAME=VALUE`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        // What was typed is not repeated: it may be a key in the wrong place.
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

pub(super) fn dollars(text: &str) -> Result<NanoUsd, String> {
    patchbay_domain::money::parse_dollars(text.trim().trim_start_matches('$'))
        .map_err(|error| error.to_string())
}
