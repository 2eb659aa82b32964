/** Some of the presets that the shell knows: one of each group and of each kind of question. */

import type { PresetView } from '../gen/types';

type Rest = Partial<Omit<PresetView, 'id' | 'name' | 'group' | 'baseUrl'>>;

function preset(
  id: string,
  name: string,
  group: string,
  baseUrl: string,
  rest: Rest = {},
): PresetView {
  return {
    id,
    name,
    group,
    family: 'openai_chat',
    families: ['openai_chat'],
    baseUrl,
    options: [],
    needsKey: 'always',
    credential: 'key',
    keyPrefixes: [],
    keyUrl: null,
    topUpUrl: null,
    environment: [],
    attribution: [],
    hasBalance: false,
    note: null,
    ...rest,
  };
}

const option = (
  name: string,
  label: string,
  placeholder: string,
  help: string,
  rest: { default?: string; choices?: string[]; isRequired?: boolean } = {},
) => ({ name, label, placeholder, help, isRequired: true, default: '', choices: [], ...rest });

const OPENAI_BOTH: Rest = {
  family: 'openai_responses',
  families: ['openai_responses', 'openai_chat'],
};

export const PRESETS: readonly PresetView[] = [
  preset('openai', 'OpenAI', 'maker', 'https://api.openai.com/v1', {
    ...OPENAI_BOTH,
    keyPrefixes: ['sk-proj-', 'sk-'],
    keyUrl: 'https://platform.openai.com/api-keys',
    topUpUrl: 'https://platform.openai.com/settings/organization/billing',
    environment: ['OPENAI_API_KEY'],
  }),
  preset('anthropic', 'Anthropic', 'maker', 'https://api.anthropic.com/v1', {
    family: 'anthropic_messages',
    families: ['anthropic_messages'],
    keyPrefixes: ['sk-ant-'],
    keyUrl: 'https://platform.claude.com/settings/keys',
    topUpUrl: 'https://platform.claude.com/settings/billing',
    environment: ['ANTHROPIC_API_KEY'],
    note: 'A subscription to the Claude apps holds no key: the API is paid for by itself.',
  }),
  preset(
    'google',
    'Google AI Studio',
    'maker',
    'https://generativelanguage.googleapis.com/v1beta',
    {
      family: 'gemini',
      families: ['gemini', 'openai_chat'],
      keyPrefixes: ['AIza', 'AQ.'],
      keyUrl: 'https://aistudio.google.com/apikey',
      environment: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    },
  ),
  preset('deepseek', 'DeepSeek', 'maker', 'https://api.deepseek.com', {
    families: ['openai_chat', 'anthropic_messages'],
    keyPrefixes: ['sk-'],
    keyUrl: 'https://platform.deepseek.com/api_keys',
    topUpUrl: 'https://platform.deepseek.com/top_up',
    environment: ['DEEPSEEK_API_KEY'],
    hasBalance: true,
  }),
  preset('mistral', 'Mistral', 'maker', 'https://api.mistral.ai/v1', {
    keyUrl: 'https://console.mistral.ai/api-keys',
    environment: ['MISTRAL_API_KEY'],
  }),
  preset('xai', 'xAI', 'maker', 'https://api.x.ai/v1', {
    families: ['openai_chat', 'openai_responses'],
    keyPrefixes: ['xai-'],
    keyUrl: 'https://console.x.ai',
    environment: ['XAI_API_KEY'],
  }),
  preset('moonshot', 'Moonshot (Kimi)', 'maker', 'https://api.moonshot.ai/v1', {
    families: ['openai_chat', 'anthropic_messages'],
    keyUrl: 'https://platform.kimi.ai/console/api-keys',
    environment: ['MOONSHOT_API_KEY'],
    hasBalance: true,
    note: 'Keys of a Kimi coding subscription belong to another address and do not work here.',
  }),
  preset('alibaba', 'Alibaba (Qwen)', 'maker', 'https://{region}.aliyuncs.com/compatible-mode/v1', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages'],
    options: [
      option('region', 'Region', '', 'Where the key was made.', {
        default: 'Singapore',
        choices: ['Singapore', 'Virginia', 'Beijing', 'Hong Kong'],
      }),
    ],
    keyUrl: 'https://www.alibabacloud.com/help/en/model-studio/get-api-key',
    environment: ['DASHSCOPE_API_KEY'],
    note: 'A key works only in the region where it was made.',
  }),
  preset('perplexity', 'Perplexity', 'maker', 'https://api.perplexity.ai', {
    keyPrefixes: ['pplx-'],
    keyUrl: 'https://www.perplexity.ai/settings/api',
    environment: ['PERPLEXITY_API_KEY'],
    note: 'Every answer searches the web first, which is charged on top of the tokens.',
  }),
  preset('openrouter', 'OpenRouter', 'gateway', 'https://openrouter.ai/api/v1', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages'],
    keyPrefixes: ['sk-or-'],
    keyUrl: 'https://openrouter.ai/settings/keys',
    topUpUrl: 'https://openrouter.ai/settings/credits',
    environment: ['OPENROUTER_API_KEY'],
    attribution: [
      { name: 'HTTP-Referer', value: 'http://localhost' },
      { name: 'X-Title', value: 'Patchbay' },
    ],
    hasBalance: true,
  }),
  preset('nanogpt', 'NanoGPT', 'gateway', 'https://nano-gpt.com/api/v1', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages'],
    keyPrefixes: ['sk-nano-'],
    keyUrl: 'https://nano-gpt.com/api',
    topUpUrl: 'https://nano-gpt.com/balance',
    environment: ['NANOGPT_API_KEY'],
    hasBalance: true,
    note: 'Choosing a host by name is charged with a markup of NanoGPT’s own.',
  }),
  preset('litellm', 'LiteLLM proxy', 'gateway', '', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages'],
    needsKey: 'optional',
    hasBalance: true,
    note: 'Your own proxy: enter its address, and a virtual key of it.',
  }),
  preset('groq', 'Groq', 'host', 'https://api.groq.com/openai/v1', {
    families: ['openai_chat', 'openai_responses'],
    keyPrefixes: ['gsk_'],
    keyUrl: 'https://console.groq.com/keys',
    topUpUrl: 'https://console.groq.com/settings/billing',
    environment: ['GROQ_API_KEY'],
  }),
  preset('together', 'Together AI', 'host', 'https://api.together.xyz/v1', {
    keyPrefixes: ['tgp_v1_'],
    keyUrl: 'https://api.together.ai/settings/api-keys',
    environment: ['TOGETHER_API_KEY'],
  }),
  preset('fireworks', 'Fireworks AI', 'host', 'https://api.fireworks.ai/inference/v1', {
    keyPrefixes: ['fw_', 'fpk_'],
    keyUrl: 'https://app.fireworks.ai/settings/users/api-keys',
    environment: ['FIREWORKS_API_KEY'],
  }),
  preset('cerebras', 'Cerebras', 'host', 'https://api.cerebras.ai/v1', {
    keyPrefixes: ['csk-'],
    keyUrl: 'https://cloud.cerebras.ai',
    environment: ['CEREBRAS_API_KEY'],
  }),
  preset('huggingface', 'Hugging Face', 'host', 'https://router.huggingface.co/v1', {
    keyPrefixes: ['hf_'],
    keyUrl: 'https://huggingface.co/settings/tokens',
    topUpUrl: 'https://huggingface.co/settings/billing',
    environment: ['HF_TOKEN'],
    note: 'The token needs the permission to make calls to Inference Providers.',
  }),
  preset('vertex', 'Google Vertex AI', 'cloud', 'https://aiplatform.googleapis.com/v1', {
    family: 'vertex',
    families: ['vertex'],
    options: [
      option(
        'project',
        'Project',
        'my-project-123',
        'The id of the Google Cloud project that pays; empty for the one that the file names.',
        { isRequired: false },
      ),
      option('location', 'Location', 'global', 'A region such as europe-west4, or global.', {
        default: 'global',
      }),
    ],
    credential: 'google',
    keyUrl: 'https://console.cloud.google.com/iam-admin/serviceaccounts',
    note: 'Opened by a service account’s file, or by what gcloud left on this computer; not by a key.',
  }),
  preset('azure', 'Azure OpenAI', 'cloud', 'https://{resource}.openai.azure.com/openai/v1', {
    families: ['openai_chat', 'openai_responses'],
    options: [
      option(
        'resource',
        'Resource',
        'my-resource',
        'The name of the resource: what stands before .openai.azure.com.',
      ),
    ],
    keyUrl: 'https://ai.azure.com',
    environment: ['AZURE_OPENAI_API_KEY'],
    note: 'Models go by the names of your deployments; the list names what could be deployed.',
  }),
  preset(
    'bedrock',
    'AWS Bedrock',
    'cloud',
    'https://bedrock-runtime.{region}.amazonaws.com/openai/v1',
    {
      families: ['openai_chat', 'openai_responses'],
      options: [
        option('region', 'Region', 'us-east-1', 'The AWS region in which the models are enabled.', {
          default: 'us-east-1',
        }),
      ],
      keyPrefixes: ['ABSK', 'bedrock-api-key-'],
      keyUrl: 'https://console.aws.amazon.com/bedrock/home#/api-keys',
      environment: ['AWS_BEARER_TOKEN_BEDROCK'],
      note: 'Wants a Bedrock API key, not an access key; this address has no list of models.',
    },
  ),
  preset('ollama', 'Ollama', 'local', 'http://127.0.0.1:11434', {
    family: 'ollama',
    families: ['ollama', 'openai_chat'],
    needsKey: 'never',
    note: 'Cuts off what does not fit into the context that the model was loaded with, without a word.',
  }),
  preset('lm_studio', 'LM Studio', 'local', 'http://127.0.0.1:1234/v1', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages'],
    needsKey: 'optional',
  }),
  preset('llama_cpp', 'llama.cpp server', 'local', 'http://127.0.0.1:8080/v1', {
    needsKey: 'optional',
  }),
  preset('openai_compatible', 'Any OpenAI-compatible address', 'compatible', '', {
    needsKey: 'optional',
  }),
  preset('responses_compatible', 'Any address with OpenAI’s responses', 'compatible', '', {
    family: 'openai_responses',
    families: ['openai_responses'],
    needsKey: 'optional',
  }),
  preset('anthropic_compatible', 'Any Anthropic-compatible address', 'compatible', '', {
    family: 'anthropic_messages',
    families: ['anthropic_messages'],
    needsKey: 'optional',
  }),
];

export function presetNamed(id: string | null): PresetView | undefined {
  return PRESETS.find((each) => each.id === id);
}
