//! The attributes that every type on the wire shares.

/// Declares structs and enums of the contract: serde in camel case, and the TypeScript twin when the
/// generator is built.
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })+) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
            #[cfg_attr(feature = "generate", derive(ts_rs::TS))]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($body)* }
        )+
    };
}
