//! The closed word lists of the domain, for the generator to write as TypeScript unions.

use patchbay_domain::budget::{Period as BudgetPeriod, Stage as BudgetStage};
use patchbay_domain::content::ReasoningEffort;
use patchbay_domain::price::{PriceSource, ServiceTier};
use patchbay_domain::route::{Policy, Training};
use patchbay_domain::run::{HalfAnswer, MadeBecause};
use patchbay_domain::{
    AttemptStatus, CostKind, FailureClass, FinishReason, MessageStatus, Role, Side, WireFamily,
};

/// One union type: its name and its words.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// The TypeScript name.
    pub name: &'static str,
    /// The words, in the order of their declaration.
    pub words: Vec<&'static str>,
}

/// All of them.
pub fn all() -> Vec<Vocabulary> {
    macro_rules! of {
        ($name:ident) => {
            Vocabulary {
                name: stringify!($name),
                words: $name::ALL.iter().map(|word| word.as_str()).collect(),
            }
        };
    }
    vec![
        of!(AttemptStatus),
        of!(BudgetPeriod),
        of!(BudgetStage),
        of!(CostKind),
        of!(FailureClass),
        of!(FinishReason),
        of!(HalfAnswer),
        of!(MadeBecause),
        of!(MessageStatus),
        of!(Policy),
        of!(PriceSource),
        of!(ReasoningEffort),
        of!(Role),
        of!(ServiceTier),
        of!(Side),
        of!(Training),
        of!(WireFamily),
    ]
}
