//! Enums whose every variant is stored, sent and shown under one word.

/// Declares such an enum once: variants, words, and both directions between them. `serde` uses the
/// same words, so that a stored row and a message to the window can never disagree.
macro_rules! word_enum {
    (
        $(#[$documentation:meta])*
        pub enum $name:ident {
            $($(#[$variant_documentation:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$documentation])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_documentation])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every variant, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word under which it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The inverse of [`Self::as_str`]; `None` for a word that is not ours.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.as_str() == word)
            }
        }
    };
}

pub(crate) use word_enum;
