//! The models that we know by name, and what they cost, from the file that comes with Patchbay.

#[cfg(test)]
mod cross_check;
mod snapshot;

#[expect(unused_imports, reason = "the list of models is joined to it next")]
pub(crate) use snapshot::Snapshot;
