//! The file of the catalogue.

use serde::{Deserialize, Serialize};

use crate::catalogue::matching::Alias;
use crate::catalogue::model::CanonicalModel;
use crate::catalogue::price_book::PriceList;

/// Everything that the embedded file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueFile {
    /// The lists it was made from.
    pub sources: Vec<ListSource>,
    /// The models, by id.
    pub models: Vec<CanonicalModel>,
    /// Other names of the models, and names that are nobody's.
    pub aliases: Vec<Alias>,
    /// The prices. Of two lists for one provider the first that knows an id is right.
    pub lists: Vec<PriceList>,
}

/// An open list that the catalogue was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSource {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The day on which the version was published, such as `2026-11-10`.
    pub as_of: String,
    /// Its licence.
    pub licence: String,
    /// Where it is kept, for people.
    pub home: String,
}
