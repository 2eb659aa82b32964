//! The models that we know by name, and what they cost, from the file that comes with Patchbay.

#[cfg(test)]
mod cross_check;
mod snapshot;

pub(crate) use snapshot::Snapshot;
