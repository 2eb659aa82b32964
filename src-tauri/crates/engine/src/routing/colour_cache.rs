//! The cables of models that were asked since the start. A model keeps its colour for good, so what was
//! read once stays true.

use std::collections::HashMap;
use std::sync::Mutex;

/// Colours by the ids of models.
#[derive(Debug, Default)]
pub(crate) struct ColourCache(Mutex<HashMap<String, u8>>);

impl ColourCache {
    /// The colours of all of these; `None` where one is not known yet.
    pub(crate) fn all(&self, models: &[Vec<String>]) -> Option<HashMap<String, u8>> {
        let known = crate::lock(&self.0);
        models
            .iter()
            .flatten()
            .map(|id| Some((id.clone(), *known.get(id)?)))
            .collect()
    }

    /// Keeps what was read or given out.
    pub(crate) fn keep(&self, colours: &HashMap<String, u8>) {
        let colours = colours.iter().map(|(id, colour)| (id.clone(), *colour));
        crate::lock(&self.0).extend(colours);
    }
}
