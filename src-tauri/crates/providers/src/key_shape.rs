//! Whose key a key is, by how it begins.
//!
//! Only prefixes that one maker has for itself count. The bare `sk-`, which a dozen makers use, names
//! nobody. The key is looked at and neither kept nor repeated.

use secrecy::{ExposeSecret as _, SecretString};

use crate::presets::Preset;

/// Less than this behind a prefix is an example, not a key.
const SHORTEST_BODY: usize = 8;

/// The preset that keys of this beginning belong to. The longest prefix that fits decides.
pub fn preset_of_key(key: &SecretString) -> Option<&'static Preset> {
    let key = key.expose_secret().trim();
    let mut best: Option<(usize, &'static Preset)> = None;
    for preset in Preset::all() {
        for prefix in &preset.key_prefixes {
            let body = key.strip_prefix(prefix.as_str());
            if body.is_none_or(|body| body.len() < SHORTEST_BODY) {
                continue;
            }
            if best.is_none_or(|(longest, _)| prefix.len() > longest) {
                best = Some((prefix.len(), preset));
            }
        }
    }
    best.map(|(_, preset)| preset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whose(key: &str) -> Option<&'static str> {
        preset_of_key(&SecretString::from(key)).map(|preset| preset.id.as_str())
    }

    #[test]
    fn a_prefix_names_its_maker() {
        for (key, expected) in [
            ("sk-proj-madeup0123456789", "openai"),
            ("sk-svcacct-madeup0123456789", "openai"),
            ("sk-ant-api03-madeup0123456789", "anthropic"),
            ("sk-or-v1-0123456789abcdef", "openrouter"),
            ("sk-nano-0123456789abcdef", "nanogpt"),
            ("gsk_madeup0123456789", "groq"),
            ("xai-madeup0123456789", "xai"),
            ("AIzaMadeUp0123456789", "google"),
            ("nvapi-madeup0123456789", "nvidia"),
            ("hf_madeup0123456789", "huggingface"),
            ("pplx-madeup0123456789", "perplexity"),
            ("csk-madeup0123456789", "cerebras"),
            ("fw_madeup0123456789", "fireworks"),
            ("tgp_v1_madeup0123456789", "together"),
            ("github_pat_madeup0123456789", "github_models"),
            ("ABSKmadeup0123456789", "bedrock"),
            ("  gsk_madeup0123456789\n", "groq"),
        ] {
            assert_eq!(whose(key), Some(expected), "{key}");
        }
    }

    #[test]
    fn a_key_that_could_be_anybodys_is_nobodys() {
        for key in [
            "",
            "sk-",
            "sk-0123456789abcdef0123456789abcdef",
            "sk-proj-",
            "0123456789abcdef0123456789abcdef",
            "0123456789abcdef.0123456789abcdef",
            "eyJhbGciOiJIUzI1NiJ9",
        ] {
            assert_eq!(whose(key), None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(key in "\\PC{0,80}") {
            let _ = whose(&key);
        }

        #[test]
        fn a_plain_sk_names_nobody(body in "[A-Za-z0-9]{8,60}") {
            prop_assert_eq!(whose(&format!("sk-{body}")), None);
        }
    }
}
