//! What lists say that models can do, and what happens to odd entries.

use patchbay_domain::{Capabilities, Modalities};
use serde_json::{Value, json};

use super::prices::{TEXT, one};
use super::*;

#[test]
fn what_a_model_can_do_is_said_in_many_ways() {
    let entry = |value: Value| one(ModelListShape::Plain, &value);
    let sees = Some(Modalities {
        image: true,
        ..TEXT
    });
    let mistral = entry(
        json!({ "id": "a", "created": 1_795_338_000, "type": "base", "max_context_length": 131_072,
        "capabilities": { "completion_chat": true, "function_calling": true, "reasoning": false, "vision": true, "audio": false } }),
    );
    assert_eq!(
        (mistral.is_chat, mistral.capabilities.tools),
        (Some(true), Some(true))
    );
    assert_eq!(
        (mistral.capabilities.input, mistral.capabilities.reasoning),
        (sees, Some(false))
    );
    assert_eq!(mistral.released_at, None, "the date of the request");

    let github = entry(
        json!({ "id": "openai/gpt-4.1", "name": "OpenAI GPT-4.1", "publisher": "OpenAI", "capabilities": ["streaming", "tool-calling"],
        "limits": { "max_input_tokens": 1_048_576, "max_output_tokens": 32_768 }, "tags": ["multipurpose"],
        "supported_input_modalities": ["text", "image"], "supported_output_modalities": ["text"] }),
    );
    assert_eq!(
        (github.context_length, github.max_output),
        (Some(1_048_576), Some(32_768))
    );
    assert_eq!(
        (github.capabilities.input, github.capabilities.tools),
        (sees, Some(true))
    );
    assert_eq!(
        (github.owned_by.as_deref(), github.is_chat),
        (Some("OpenAI"), Some(true))
    );
    let embedding = entry(
        json!({ "id": "a", "supported_input_modalities": ["text"], "supported_output_modalities": ["embeddings"] }),
    );
    assert_eq!(embedding.is_chat, Some(false));

    let lm_studio = entry(
        json!({ "id": "qwen", "type": "vlm", "publisher": "maker", "quantization": "4bit", "state": "loaded",
        "max_context_length": 32_768, "loaded_context_length": 4_096, "capabilities": ["tool_use"] }),
    );
    assert_eq!(
        (lm_studio.context_length, lm_studio.quantization.as_deref()),
        (Some(4_096), Some("4bit"))
    );
    assert_eq!(
        (lm_studio.capabilities.input, lm_studio.capabilities.tools),
        (sees, Some(true))
    );
    assert_eq!(
        entry(json!({ "id": "a", "type": "embeddings" })).is_chat,
        Some(false)
    );

    let moonshot = entry(
        json!({ "id": "a", "context_length": 262_144, "supports_image_in": true, "supports_video_in": false, "supports_reasoning": true }),
    );
    assert_eq!(
        (moonshot.capabilities.input, moonshot.capabilities.reasoning),
        (sees, Some(true))
    );

    let fireworks = entry(
        json!({ "id": "a", "supports_chat": true, "supports_image_input": false, "supports_tools": true, "context_length": 8 }),
    );
    assert_eq!(
        (fireworks.is_chat, fireworks.capabilities.input),
        (Some(true), Some(TEXT))
    );

    let cohere = entry(
        json!({ "name": "command-a", "endpoints": ["generate", "chat"], "context_length": 288_000, "features": ["json_schema", "tools"] }),
    );
    assert_eq!(
        (cohere.id.as_str(), cohere.is_chat),
        ("command-a", Some(true))
    );
    assert_eq!(
        (
            cohere.capabilities.json_schema,
            cohere.capabilities.reasoning
        ),
        (Some(true), Some(false))
    );
    assert_eq!(
        entry(json!({ "name": "a", "endpoints": ["embed"] })).is_chat,
        Some(false)
    );

    let novita = entry(
        json!({ "id": "a", "model_type": "chat", "features": ["function-calling", "reasoning"], "endpoints": ["chat/completions"] }),
    );
    assert_eq!(
        (novita.capabilities.tools, novita.capabilities.json_schema),
        (Some(true), Some(false))
    );

    let llama_cpp = entry(
        json!({ "id": "a", "created": 1_795_338_000, "meta": { "n_ctx_train": 131_072, "size": 1 } }),
    );
    assert_eq!(
        (llama_cpp.context_length, llama_cpp.released_at),
        (Some(131_072), None)
    );

    let groq = one(
        ModelListShape::Openai,
        &json!({ "id": "a", "created": 1_733_447_754, "active": true, "context_window": 131_072, "max_completion_tokens": 32_768 }),
    );
    assert_eq!((groq.max_output, groq.is_chat), (Some(32_768), None));
    assert_eq!(groq.released_at, Some(UnixMillis(1_733_447_754_000)));
    assert_eq!(groq.capabilities, Capabilities::default());
    assert_eq!(
        one(ModelListShape::Openai, &json!({ "id": "a", "created": 0 })).released_at,
        None
    );
}

/// LiteLLM's proxy lists `openai/*` of its configuration beside the models that it stands for.
#[test]
fn a_pattern_is_no_model() {
    let list = json!({ "data": [{ "model_name": "openai/*" }, { "model_name": "openai/gpt-4o" }] });
    let ids = |shape, list: &Value| -> Vec<String> {
        let models = read_as(shape, &list.to_string()).unwrap();
        models.into_iter().map(|model| model.id).collect()
    };
    assert_eq!(ids(ModelListShape::Litellm, &list), ["openai/gpt-4o"]);
    let list = json!({ "data": [{ "id": "*" }, { "id": "a" }, "b", "c/*"] });
    assert_eq!(ids(ModelListShape::Plain, &list), ["a", "b"]);
}

/// As llama.cpp's server sends it.
#[test]
fn the_facts_of_a_local_file_are_read() {
    let entry = json!({ "id": "/models/SmolLM2-135M-Instruct.Q4_1.gguf", "created": 1_795_635_013, "owned_by": "llamacpp",
        "meta": { "n_vocab": 49_152, "n_ctx": 2_048, "n_ctx_train": 8_192, "n_params": 134_515_008, "ftype": "Q4_1" } });
    let listing = one(ModelListShape::Plain, &entry);
    assert_eq!(listing.context_length, Some(2_048));
    assert_eq!(listing.quantization.as_deref(), Some("Q4_1"));
    assert_eq!(listing.name.as_deref(), Some("SmolLM2-135M-Instruct.Q4_1"));
    let name = |id: &str| one(ModelListShape::Plain, &json!({ "id": id })).name;
    assert_eq!(name("C:\\models\\a.gguf").as_deref(), Some("a"));
    assert_eq!(name("/a.gguf").as_deref(), Some("a"));
    for id in ["maker/a.gguf", "a.gguf", "/models/a", "/models/.gguf"] {
        assert_eq!(name(id), None, "{id}");
    }
    assert_eq!(listing.released_at, None);
}

#[test]
fn odd_values_take_no_model_away() {
    for shape in [
        ModelListShape::Openrouter,
        ModelListShape::Together,
        ModelListShape::Deepinfra,
        ModelListShape::Novita,
        ModelListShape::Nanogpt,
        ModelListShape::Xai,
        ModelListShape::Fireworks,
        ModelListShape::Huggingface,
        ModelListShape::Litellm,
    ] {
        for odd in [
            json!(null),
            json!(7),
            json!("x"),
            json!([]),
            json!([null]),
            json!({ "prompt": [], "input": {} }),
        ] {
            let entry = json!({ "id": "a", "pricing": odd, "metadata": odd, "providers": odd, "model_info": odd,
                "capabilities": odd, "architecture": odd, "tags": odd, "created": odd,
                "tiered_billing_configs": odd, "is_tiered_billing": true, "top_provider": odd, "limits": odd, "meta": odd });
            let listing = one(shape, &entry);
            assert_eq!(listing.price, None, "{shape:?} {odd}");
        }
    }
}

#[test]
fn a_shape_has_the_name_that_presets_write() {
    let shape = |name: &str| serde_json::from_value::<ModelListShape>(json!(name)).unwrap();
    assert_eq!(shape("openrouter"), ModelListShape::Openrouter);
    assert_eq!(shape("huggingface"), ModelListShape::Huggingface);
    assert_eq!(shape("plain"), ModelListShape::default());
}
