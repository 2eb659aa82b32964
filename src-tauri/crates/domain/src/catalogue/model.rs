//! Canonical models.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::catalogue::name;
use crate::catalogue::price_text::start_of_date;
use crate::model::{Capabilities, Modalities};
use crate::time::UnixMillis;

/// Names a model wherever it is served: `maker/model`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CanonicalId(String);

impl CanonicalId {
    /// Reads an id; `None` unless it is two words with one slash between them, in lower case and
    /// without spaces.
    pub fn new(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        let is_word = |word: &str| {
            !word.is_empty()
                && !word
                    .chars()
                    .any(|character| character.is_whitespace() || character.is_uppercase())
        };
        let (maker, name) = id.split_once('/')?;
        (is_word(maker) && is_word(name) && !name.contains('/')).then_some(Self(id))
    }

    /// The canonical spelling of `Maker/Model` as some provider writes it; `None` where it is not of
    /// that shape.
    pub fn spelled(id: &str) -> Option<Self> {
        let id = id.to_lowercase();
        let (maker, name) = id.split_once('/')?;
        Self::new(format!("{}/{name}", name::maker(maker)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The word of its maker.
    pub fn maker(&self) -> &str {
        self.0.split_once('/').map_or("", |(maker, _)| maker)
    }

    /// What its maker calls it.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

impl<'de> Deserialize<'de> for CanonicalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("not a canonical id such as maker/model"))
    }
}

impl fmt::Display for CanonicalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One model, whoever serves it. What is not known is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ModelText", into = "ModelText")]
pub struct CanonicalModel {
    /// Its id.
    pub id: CanonicalId,
    /// Its maker's word, the first half of the id.
    pub maker: String,
    /// Its name for people.
    pub name: String,
    /// The line of models it belongs to, such as `claude`.
    pub family: Option<String>,
    /// When it came out, by the date in its maker's dated name for it.
    pub released_at: Option<UnixMillis>,
    /// Tokens of prompt and answer together, at its maker's.
    pub context_length: Option<u64>,
    /// Tokens of its longest answer, at its maker's.
    pub max_output: Option<u64>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// It makes embeddings, and holds no conversations.
    pub embeds: bool,
}

/// A model as the snapshot spells it: dates that a person can read, and only what is known.
#[derive(Clone, Serialize, Deserialize)]
struct ModelText {
    id: CanonicalId,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    released: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_output: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reads: Option<Kinds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gives: Option<Kinds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tools: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json_schema: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_weights: Option<bool>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    embeds: bool,
}

impl From<ModelText> for CanonicalModel {
    fn from(text: ModelText) -> Self {
        Self {
            maker: text.id.maker().to_owned(),
            id: text.id,
            name: text.name,
            family: text.family,
            released_at: text.released.as_deref().and_then(start_of_date),
            context_length: text.context,
            max_output: text.max_output,
            embeds: text.embeds,
            capabilities: Capabilities {
                input: text.reads.map(|kinds| kinds.0),
                output: text.gives.map(|kinds| kinds.0),
                tools: text.tools,
                reasoning: text.reasoning,
                json_schema: text.json_schema,
                open_weights: text.open_weights,
            },
        }
    }
}

impl From<CanonicalModel> for ModelText {
    fn from(model: CanonicalModel) -> Self {
        let can = model.capabilities;
        Self {
            id: model.id,
            name: model.name,
            family: model.family,
            released: model.released_at.map(UnixMillis::utc_date),
            context: model.context_length,
            max_output: model.max_output,
            reads: can.input.map(Kinds),
            gives: can.output.map(Kinds),
            tools: can.tools,
            reasoning: can.reasoning,
            json_schema: can.json_schema,
            open_weights: can.open_weights,
            embeds: model.embeds,
        }
    }
}

/// Kinds of content as a list of words.
#[derive(Clone, Copy)]
struct Kinds(Modalities);

impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = [
            ("text", self.0.text),
            ("image", self.0.image),
            ("pdf", self.0.pdf),
            ("audio", self.0.audio),
            ("video", self.0.video),
        ];
        serializer.collect_seq(kinds.iter().filter(|(_, is)| *is).map(|(word, _)| word))
    }
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let has = |word: &str| words.iter().any(|given| given == word);
        Ok(Self(Modalities {
            text: has("text"),
            image: has("image"),
            pdf: has("pdf"),
            audio: has("audio"),
            video: has("video"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_maker_and_a_name() {
        assert!(CanonicalId::new("openai/gpt-4o").is_some());
        for wrong in [
            "gpt-4o",
            "/gpt",
            "openai/",
            "a/b/c",
            "OpenAI/gpt",
            "a/b c",
            "",
        ] {
            assert_eq!(CanonicalId::new(wrong), None, "{wrong}");
        }
        let id = CanonicalId::new("z-ai/glm-4.6").unwrap();
        assert_eq!((id.maker(), id.name()), ("z-ai", "glm-4.6"));
        assert_eq!(CanonicalId::spelled("zai-org/GLM-4.6"), Some(id));
    }

    #[test]
    fn a_model_survives_its_text() {
        let text = r#"{"id":"a/b","name":"B","released":"2026-02-28","context":9,"reads":["text","pdf"],"tools":true}"#;
        let model: CanonicalModel = serde_json::from_str(text).unwrap();
        assert_eq!(model.released_at, Some(UnixMillis(1_772_236_800_000)));
        assert_eq!(model.maker, "a");
        assert_eq!(serde_json::to_string(&model).unwrap(), text);
        assert!(serde_json::from_str::<CanonicalModel>(r#"{"id":"b","name":"B"}"#).is_err());
    }
}
