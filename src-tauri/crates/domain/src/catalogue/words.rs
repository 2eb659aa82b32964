//! The words that [`super::name`] knows: routes, makers, and endings that make no other model.

/// Routes that stand before `maker/model` and name no maker.
pub(super) const ROUTES: &[&str] = &[
    "openrouter",
    "together_ai",
    "togetherai",
    "groq",
    "fireworks_ai",
    "bedrock",
    "bedrock_converse",
    "converse",
    "azure",
    "azure_ai",
    "vertex_ai",
    "gemini",
    "deepinfra",
    "huggingface",
    "ollama",
    "ollama_chat",
    "lm_studio",
    "cerebras",
    "sambanova",
    "nvidia_nim",
    "novita",
    "nano-gpt",
    "nebius",
    "github",
    "github_copilot",
    "litellm_proxy",
    "hosted_vllm",
    "vercel_ai_gateway",
    "dashscope",
    "models",
    "tee",
    "@cf",
    "workers-ai",
    "chutes",
];

/// Those who round a model's weights or pack them in another file, and do not train them.
pub(super) const REPACKERS: &[&str] = &[
    "unsloth",
    "bartowski",
    "lmstudio-community",
    "mlx-community",
    "ggml-org",
    "thebloke",
];

/// Makers under the names that providers give them.
pub(super) const MAKERS: &[(&str, &str)] = &[
    ("ai21labs", "ai21"),
    ("alibaba", "qwen"),
    ("arcee", "arcee-ai"),
    ("bytedance", "bytedance-seed"),
    ("coherelabs", "cohere"),
    ("cohereforai", "cohere"),
    ("deepseek-ai", "deepseek"),
    ("ibm", "ibm-granite"),
    ("facebook", "meta"),
    ("meta-llama", "meta"),
    ("meta-models", "meta"),
    ("meta_llama", "meta"),
    ("minimaxai", "minimax"),
    ("mistral", "mistralai"),
    ("mistral-ai", "mistralai"),
    ("moonshot", "moonshotai"),
    ("stepfun-ai", "stepfun"),
    ("thudm", "z-ai"),
    ("xai", "x-ai"),
    ("xiaomimimo", "xiaomi"),
    ("zai", "z-ai"),
    ("zai-org", "z-ai"),
    ("zhipu", "z-ai"),
    ("zhipuai", "z-ai"),
    ("zero-one-ai", "01-ai"),
];

/// Makers that Bedrock writes before a dot.
pub(super) const DOTTED_MAKERS: &[&str] = &[
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "writer",
    "zai",
];

pub(super) const REGIONS: &[&str] = &[
    "us", "eu", "apac", "ap", "au", "ca", "jp", "sa", "us-gov", "global", "regional",
];

/// What may follow a colon and is the same model.
pub(super) const VARIANTS: &[&str] = &[
    "free", "nitro", "floor", "online", "extended", "exacto", "batch", "thinking", "beta",
];

/// How far weights are rounded, and in which file they come.
pub(super) const ROUNDINGS: &[&str] = &[
    "-fp4", "-fp8", "-fp16", "-bf16", "-nvfp4", "-mxfp4", "-int4", "-int8", "-4bit", "-8bit",
    "-w4a16", "-w8a8", "-awq", "-gptq", "-gguf", "-mlx", "-hf", "-dynamic",
];

/// Endings that mean something with one provider only.
pub(super) const SERVED: &[(&str, &[&str])] = &[
    ("together", &["-turbo", "-lite", "-tput", "-reference"]),
    ("deepinfra", &["-turbo"]),
    ("fireworks", &["-us", "-basic"]),
    ("vertex", &["-maas"]),
    ("google", &["-maas"]),
];

/// Presets that spell ids as another one does: its other endpoints, plans and regions. What they
/// charge is another matter.
const SPELL_ALIKE: &[(&str, &str)] = &[
    ("bedrock_mantle", "bedrock"),
    ("minimax_china", "minimax"),
    ("moonshot_china", "moonshot"),
    ("zai_coding", "zai"),
    ("zhipu_coding", "zhipu"),
];

/// The preset whose spelling a preset uses.
pub(super) fn spelling_of(preset: &str) -> &str {
    SPELL_ALIKE
        .iter()
        .find(|(known, _)| *known == preset)
        .map_or(preset, |(_, like)| like)
}

/// Providers that serve their own models under bare names.
pub(super) const OWN_MODELS: &[(&str, &str)] = &[
    ("alibaba", "qwen"),
    ("anthropic", "anthropic"),
    ("cohere", "cohere"),
    ("deepseek", "deepseek"),
    ("google", "google"),
    ("vertex", "google"),
    ("minimax", "minimax"),
    ("mistral", "mistralai"),
    ("moonshot", "moonshotai"),
    ("openai", "openai"),
    ("perplexity", "perplexity"),
    ("xai", "x-ai"),
    ("zai", "z-ai"),
    ("zhipu", "z-ai"),
];
