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

export const PRESETS: readonly PresetView[] = [
  preset('openai', 'OpenAI', 'maker', 'https://api.openai.com/v1', {
    family: 'openai_responses',
    families: ['openai_responses', 'openai_chat'],
    keyPrefixes: ['sk-proj-', 'sk-'],
    keyUrl: 'https://platform.openai.com/api-keys',
    topUpUrl: 'https://platform.openai.com/settings/organization/billing',
    environment: ['OPENAI_API_KEY'],
  }),
  preset('anthropic', 'Anthropic', 'maker', 'https://api.anthropic.com', {
    family: 'anthropic_messages',
    families: ['anthropic_messages'],
    keyPrefixes: ['sk-ant-'],
    keyUrl: 'https://console.anthropic.com/settings/keys',
    topUpUrl: 'https://console.anthropic.com/settings/billing',
    environment: ['ANTHROPIC_API_KEY'],
  }),
  preset('google', 'Google AI Studio', 'maker', 'https://generativelanguage.googleapis.com', {
    family: 'gemini',
    families: ['gemini', 'openai_chat'],
    keyPrefixes: ['AIza'],
    keyUrl: 'https://aistudio.google.com/apikey',
    environment: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    note: 'Its free tier may use what you send to improve its products.',
  }),
  preset('deepseek', 'DeepSeek', 'maker', 'https://api.deepseek.com/v1', {
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
  preset('groq', 'Groq', 'host', 'https://api.groq.com/openai/v1', {
    keyPrefixes: ['gsk_'],
    keyUrl: 'https://console.groq.com/keys',
    environment: ['GROQ_API_KEY'],
  }),
  preset('together', 'Together AI', 'host', 'https://api.together.xyz/v1', {
    keyUrl: 'https://api.together.ai/settings/api-keys',
    environment: ['TOGETHER_API_KEY'],
  }),
  preset('openrouter', 'OpenRouter', 'gateway', 'https://openrouter.ai/api/v1', {
    keyPrefixes: ['sk-or-'],
    keyUrl: 'https://openrouter.ai/keys',
    topUpUrl: 'https://openrouter.ai/credits',
    environment: ['OPENROUTER_API_KEY'],
    attribution: [
      { name: 'HTTP-Referer', value: 'https://patchbay.example' },
      { name: 'X-Title', value: 'Patchbay' },
    ],
    hasBalance: true,
  }),
  preset('nanogpt', 'NanoGPT', 'gateway', 'https://nano-gpt.com/api/v1', {
    keyUrl: 'https://nano-gpt.com/api',
    topUpUrl: 'https://nano-gpt.com/balance',
    environment: ['NANOGPT_API_KEY'],
    hasBalance: true,
  }),
  preset('azure', 'Azure OpenAI', 'cloud', 'https://{resource}.openai.azure.com/openai/v1', {
    options: [
      option('resource', 'Resource', 'my-resource', 'The first part of the endpoint’s address.'),
    ],
    families: ['openai_chat', 'openai_responses'],
    environment: ['AZURE_OPENAI_API_KEY'],
    note: 'Its models are called by the names of your deployments.',
  }),
  preset('vertex', 'Google Vertex AI', 'cloud', 'https://{region}-aiplatform.googleapis.com', {
    family: 'vertex',
    families: ['vertex'],
    options: [
      option('project', 'Project', 'my-project', 'The id of the project that pays.'),
      option('region', 'Region', 'europe-west4', 'Where the models run.', {
        isRequired: false,
        default: 'us-central1',
        choices: ['us-central1', 'europe-west4', 'europe-west1', 'asia-northeast1'],
      }),
    ],
    credential: 'google',
    environment: ['GOOGLE_APPLICATION_CREDENTIALS'],
  }),
  preset('ollama', 'Ollama', 'local', 'http://127.0.0.1:11434', {
    family: 'ollama',
    families: ['ollama', 'openai_chat'],
    needsKey: 'never',
  }),
  preset('lmstudio', 'LM Studio', 'local', 'http://127.0.0.1:1234/v1', { needsKey: 'optional' }),
  preset('litellm', 'LiteLLM', 'compatible', 'http://127.0.0.1:4000/v1', { needsKey: 'optional' }),
  preset('compatible', 'Another address', 'compatible', '', {
    families: ['openai_chat', 'openai_responses', 'anthropic_messages', 'gemini', 'ollama'],
    needsKey: 'optional',
  }),
];

export function presetNamed(id: string | null): PresetView | undefined {
  return PRESETS.find((each) => each.id === id);
}
