//! Models and what they cost, as the list shows them. Money is nano-dollars, times are milliseconds
//! since 1970 UTC.

use patchbay_domain as domain;

use crate::requests::EndpointView;

wire! {
    /// One way in to one model, as the list and the picker show it. Ways in with the same `key` reach
    /// the same model.
    pub struct ModelView {
        /// How to reach it.
        pub endpoint: EndpointView,
        /// The provider's name.
        pub provider_name: String,
        /// What stars hang on: the canonical id (`maker/model`) where the model is known, else the way
        /// in itself.
        pub key: String,
        /// The canonical id; `null` where it is not certain which model this is.
        pub canonical_id: Option<String>,
        /// A name for people.
        pub name: String,
        /// Who made it.
        pub maker: Option<String>,
        /// Which family of models it belongs to.
        pub family: Option<String>,
        /// When it came out.
        pub released_at: Option<i64>,
        /// Tokens of prompt and answer together, by this way in.
        pub context_length: Option<u64>,
        /// Tokens of the longest answer.
        pub max_output: Option<u64>,
        /// What it reads: `text`, `image`, `pdf`, `audio`, `video`; empty where nobody says.
        pub reads: Vec<String>,
        /// What it gives, in the same words.
        pub gives: Vec<String>,
        /// It calls tools; `null` where nobody says.
        pub has_tools: Option<bool>,
        /// It thinks before it answers.
        pub has_reasoning: Option<bool>,
        /// It keeps to a JSON schema.
        pub has_json_schema: Option<bool>,
        /// Its weights can be downloaded.
        pub has_open_weights: Option<bool>,
        /// How far its weights were rounded here, such as `fp8`.
        pub quantization: Option<String>,
        /// It holds conversations; lists also name models for embeddings, pictures and speech.
        pub is_chat: bool,
        /// What it costs by this way in; `null` where nobody knows.
        pub price: Option<PriceView>,
        /// It runs on this computer.
        pub is_local: bool,
        /// It is among the person's own choices.
        pub is_starred: bool,
        /// When the person asked it last, by this way in.
        pub last_used_at: Option<i64>,
        /// When it appeared on the provider's list; `null` where it always stood there.
        pub first_seen_at: Option<i64>,
        /// The cable of this model, 0 to 5; `null` before it was asked for the first time, because
        /// colours are given out as models are used.
        pub colour: Option<u8>,
        /// Why it cannot be asked right now, such as a missing key.
        pub unavailable_because: Option<String>,
    }

    /// A price at this moment for a short prompt, in nano-dollars per million tokens.
    pub struct PriceView {
        /// Prompt tokens.
        pub input: Option<i64>,
        /// Answer tokens.
        pub output: Option<i64>,
        /// Prompt tokens from the cache.
        pub cache_read: Option<i64>,
        /// It costs nothing.
        pub is_free: bool,
        /// It depends on more: the size of the prompt, the hour, the tier of service.
        pub has_conditions: bool,
        /// Which list it stands on.
        pub tag: PriceTagView,
    }

    /// All that is known about one way in.
    pub struct ModelDetail {
        /// As in the list.
        pub model: ModelView,
        /// Every rule of the price that holds, in words and figures; empty where there is none.
        pub price_rules: Vec<PriceRuleView>,
        /// What the maker itself asks, where this is another way in to a known model.
        pub list_price: Option<PriceView>,
        /// What every list says of it, the one that wins first.
        pub price_sources: Vec<PriceView>,
        /// Why a list that was read last was not believed.
        pub price_problem: Option<String>,
        /// Earlier and current prices, the newest first.
        pub history: Vec<PriceChangeView>,
    }

    /// One rule of a price.
    pub struct PriceRuleView {
        /// When it holds, in words, such as `prompts over 200,000 tokens`; empty for always.
        pub condition: String,
        /// It holds at this moment for a short prompt.
        pub is_current: bool,
        /// Every rate that is known.
        pub rates: Vec<RateView>,
    }

    /// One rate.
    pub struct RateView {
        /// For what, such as `cache write, 1 h`.
        pub label: String,
        /// Nano-dollars for `per` of them.
        pub nano_usd: i64,
        /// 1,000,000 tokens, 1,000 searches, or 1 request.
        pub per: u64,
    }

    /// A price that was written down.
    pub struct PriceChangeView {
        /// When Patchbay learned it.
        pub recorded_at: i64,
        /// The price.
        pub price: PriceView,
    }

    /// Which list a price stood on.
    pub struct PriceTagView {
        /// What kind of list.
        #[cfg_attr(feature = "generate", ts(type = "PriceSource"))]
        pub source: domain::price::PriceSource,
        /// Its name, for people.
        pub name: String,
        /// When it was made or asked.
        pub as_of: i64,
    }
}
