//! The catalogue: models under one name wherever they are served, and what each way in costs.
//!
//! A *canonical model* is one set of weights under its maker's name. A provider's own id is matched
//! to it by [`ModelIndex`], which says nothing where it is not sure. Prices are found by
//! [`PriceBook`] and judged by [`plausible`].

mod clause;
mod file;
mod matching;
mod model;
mod name;
mod price_book;
mod price_text;
mod prices;
mod words;

pub use clause::Clause;
pub use file::{CatalogueFile, ListSource};
pub use matching::{Alias, ModelIndex};
pub use model::{CanonicalId, CanonicalModel};
pub use name::{maker_behind, normalised};
pub use price_book::{Disagreement, ListedPrice, PriceBook, PriceList};
pub use price_text::{PriceTextError, Quote, QuoteAbove, RateTexts};
pub use prices::{PriceProblem, effective, plausible};
