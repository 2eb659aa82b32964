//! What a model can do, in the words of the lists.

use patchbay_domain::{Capabilities, Modalities};

use super::fields::Fields;

/// Everything in an entry that speaks of abilities.
struct Signs<'a> {
    entry: &'a Fields<'a>,
    /// NanoGPT, Mistral, Cerebras.
    switches: Fields<'a>,
    /// LiteLLM.
    info: Fields<'a>,
    /// GitHub, LM Studio: some of what it can do.
    abilities: Option<Vec<String>>,
    /// OpenRouter: all parameters.
    parameters: Option<Vec<String>>,
    /// Novita, Cohere: all features.
    features: Option<Vec<String>>,
    /// DeepInfra, GitHub: some of what there is to say.
    tags: Option<Vec<String>>,
}

/// What this entry says; what it does not say is `None`.
pub(super) fn capabilities(entry: &Fields<'_>) -> Capabilities {
    let signs = Signs {
        entry,
        switches: entry.object("capabilities"),
        info: entry.object("model_info"),
        abilities: entry.words("capabilities"),
        parameters: entry.words("supported_parameters"),
        features: entry.words("features"),
        tags: entry
            .words("tags")
            .or_else(|| entry.object("metadata").words("tags")),
    };
    Capabilities {
        input: input(&signs),
        output: listed(entry, "output_modalities"),
        tools: signs.ability(
            &["supports_tools", "supports_function_calling"],
            &["function_calling", "tool_calling", "tools"],
            &[
                "tools",
                "tool-calling",
                "tool_use",
                "function-calling",
                "function_calling",
            ],
        ),
        reasoning: signs.ability(
            &["supports_reasoning"],
            &["reasoning"],
            &["reasoning", "include_reasoning"],
        ),
        json_schema: signs.ability(
            &["supports_structured_output", "supports_response_schema"],
            &["structured_output", "structured_outputs"],
            &[
                "structured_outputs",
                "structured-outputs",
                "structured-output",
                "json_schema",
            ],
        ),
        open_weights: entry.text("hugging_face_id").map(|_| true),
    }
}

/// Whether it holds conversations, where the entry says so in one way or another.
pub(super) fn is_chat(entry: &Fields<'_>, capabilities: &Capabilities) -> Option<bool> {
    let switches = entry.object("capabilities");
    let endpoints = entry.words("endpoints").map(|endpoints| {
        endpoints.iter().any(|endpoint| {
            endpoint.trim_matches('/').ends_with("chat/completions") || endpoint == "chat"
        })
    });
    let named = ["type", "model_type"]
        .into_iter()
        .find_map(|name| entry.text(name))
        .or_else(|| entry.object("model_info").text("mode"))
        .and_then(|word| is_chat_word(&word));
    let given = capabilities.output.map(|output| output.text);
    let taken = capabilities.input.map(|input| input.text);
    entry
        .flag("supports_chat")
        .or_else(|| switches.flag("completion_chat"))
        .or(named)
        .or(endpoints)
        .or(match (taken, given) {
            (_, Some(false)) | (Some(false), _) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        })
}

fn is_chat_word(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "chat" | "llm" | "vlm" | "responses" => Some(true),
        "embedding"
        | "embeddings"
        | "image"
        | "image_generation"
        | "audio"
        | "moderation"
        | "rerank"
        | "reranker"
        | "transcribe"
        | "audio_transcription"
        | "audio_speech"
        | "tts"
        | "stt"
        | "video"
        | "video_generation"
        | "image_edit"
        | "realtime"
        | "search"
        | "vector_store"
        | "ocr"
        | "completion" => Some(false),
        _ => None,
    }
}

impl Signs<'_> {
    /// Switches of the entry or of LiteLLM's object first, then those in `capabilities`, then words
    /// in lists.
    fn ability(&self, flags: &[&str], switches: &[&str], words: &[&str]) -> Option<bool> {
        let flag = flags
            .iter()
            .find_map(|name| self.entry.flag(name).or_else(|| self.info.flag(name)));
        let switch = || switches.iter().find_map(|name| self.switches.flag(name));
        let has = |list: &Option<Vec<String>>| {
            let list = list.as_ref()?;
            Some(list.iter().any(|word| words.contains(&word.as_str())))
        };
        let all = || has(&self.parameters).or_else(|| has(&self.features));
        let some = || {
            [&self.abilities, &self.tags]
                .into_iter()
                .find_map(|list| has(list).filter(|has| *has))
        };
        flag.or_else(switch)
            .or_else(all)
            .or_else(some)
            .or_else(|| self.of_hosts(flags))
    }

    /// Hugging Face: what some host can do can be had.
    fn of_hosts(&self, flags: &[&str]) -> Option<bool> {
        let hosts = self.entry.list("providers");
        hosts
            .iter()
            .filter_map(|host| flags.iter().find_map(|name| host.flag(name)))
            .reduce(|left, right| left || right)
    }
}

fn input(signs: &Signs<'_>) -> Option<Modalities> {
    let flag = |names: &[&str]| {
        names.iter().find_map(|name| {
            let of_entry = signs.entry.flag(name);
            of_entry
                .or_else(|| signs.info.flag(name))
                .or_else(|| signs.switches.flag(name))
        })
    };
    let sees = match signs.entry.text("type").as_deref() {
        Some("vlm") => Some(true),
        Some("llm") => Some(false),
        _ => None,
    };
    let is_tagged = |words: &[&str]| {
        [&signs.tags, &signs.features]
            .into_iter()
            .flatten()
            .flatten()
            .any(|tag| words.contains(&tag.as_str()))
            .then_some(true)
    };
    let image = flag(&[
        "supports_image_in",
        "supports_image_input",
        "supports_vision",
        "vision",
    ])
    .or(sees)
    .or_else(|| is_tagged(&["vision", "multimodal"]));
    let pdf = flag(&["supports_pdf_input", "pdf_upload"]);
    let audio = flag(&["supports_audio_input", "audio_input", "audio"]);
    let video = flag(&["supports_video_in", "supports_video_input", "video_input"]);
    let list = listed(signs.entry, "input_modalities");
    if list.is_none() && [image, pdf, audio, video].iter().all(Option::is_none) {
        return None;
    }
    let list = list.unwrap_or(Modalities {
        text: true,
        ..Modalities::default()
    });
    Some(Modalities {
        text: list.text,
        image: list.image || image == Some(true),
        pdf: list.pdf || pdf == Some(true),
        audio: list.audio || audio == Some(true),
        video: list.video || video == Some(true),
    })
}

/// `input_modalities` or `output_modalities`, in the places where lists have them.
fn listed(entry: &Fields<'_>, name: &str) -> Option<Modalities> {
    let words = entry
        .object("architecture")
        .words(name)
        .or_else(|| entry.words(name))
        .or_else(|| entry.words(&format!("supported_{name}")))
        .filter(|words| !words.is_empty())?;
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    Some(Modalities {
        text: has(&["text"]),
        image: has(&["image", "images"]),
        pdf: has(&["pdf", "file", "files", "document", "documents"]),
        audio: has(&["audio", "audios"]),
        video: has(&["video", "videos"]),
    })
}
