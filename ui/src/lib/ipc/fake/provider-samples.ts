/** Providers as presets make them, and some whose keys are in every state there is. */

import type {
  BalanceView,
  KeyView,
  LocalServerView,
  ProviderKeyView,
  ProviderView,
  WireFamily,
} from '../gen/types';
import { presetNamed } from './presets';
import { refuse } from './refuse';

export const LOCAL_SERVERS: readonly LocalServerView[] = [
  {
    presetId: 'ollama',
    name: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434',
    models: ['qwen3:4b', 'gemma3:4b', 'llama3.2:3b'],
    modelCount: 7,
  },
  {
    presetId: 'lm_studio',
    name: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    models: ['qwen3-8b'],
    modelCount: 1,
  },
];

export const FAMILY_LABELS: Record<WireFamily, string> = {
  openai_chat: 'OpenAI chat completions',
  openai_responses: 'OpenAI responses',
  anthropic_messages: 'Anthropic messages',
  gemini: 'Gemini',
  vertex: 'Gemini on Vertex AI',
  ollama: 'Ollama',
};

export const NO_KEY: KeyView = { source: 'none', variable: null, problem: null };
const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export function keyAt(id: string, label: string, source: string): ProviderKeyView {
  return {
    id,
    label,
    status: { source, variable: null, problem: null },
    isDisabled: false,
    lastTest: null,
    balance: null,
  };
}

export function balanceAt(at: number): BalanceView {
  return {
    lines: [
      { label: 'left', amount: '12.40', unit: 'USD', resetsAt: null },
      { label: 'free', amount: '47', unit: 'requests', resetsAt: at + 8 * HOUR },
    ],
    fetchedAt: at,
    failure: null,
    failedAt: null,
  };
}

/** A provider made from a preset, with a key in the keychain where it wants one. */
export function providerFrom(presetId: string, modelCount: number): ProviderView {
  const preset = presetNamed(presetId) ?? refuse('internal', `No preset ${presetId}.`, '');
  const keys = preset.needsKey === 'always' ? [keyAt('key-work', 'work', 'keychain')] : [];
  return {
    id: preset.id,
    name: preset.name,
    presetId: preset.id,
    family: preset.family,
    familyLabel: FAMILY_LABELS[preset.family],
    baseUrl: preset.baseUrl,
    typedBaseUrl: '',
    origin: new URL(preset.baseUrl).origin,
    options: [],
    extraHeaders: [],
    hasAttribution: preset.attribution.length > 0,
    isPlainTextRemote: false,
    key: keys[0]?.status ?? NO_KEY,
    keys,
    hasBalance: preset.hasBalance,
    modelCount,
    modelsListedAt: Date.now() - HOUR,
    modelsFailure: null,
    keyUrl: preset.keyUrl,
    topUpUrl: preset.topUpUrl,
  };
}

/** What the keys of these samples would be, for what a test of them says. */
export const SAMPLE_SECRETS: readonly (readonly [keyId: string, secret: string])[] = [
  ['key-home', 'sk-or-broke'],
];

/** Several keys, one from the environment, none where one is needed, and a list that failed. */
export function keySamples(): ProviderView[] {
  const now = Date.now();
  const environment: KeyView = { source: 'environment', variable: 'GROQ_API_KEY', problem: null };
  return [
    {
      ...providerFrom('openrouter', 346),
      keys: [
        {
          ...keyAt('key-work', 'work', 'keychain'),
          lastTest: { at: now - 20 * MINUTE, isGood: true, summary: 'The provider takes the key.' },
          balance: balanceAt(now - 20 * MINUTE),
        },
        {
          ...keyAt('key-home', 'home', 'session'),
          lastTest: {
            at: now - 26 * HOUR,
            isGood: false,
            summary: 'There is no credit left on this account.',
          },
        },
        { ...keyAt('key-old', 'shared with the reading group', 'keychain'), isDisabled: true },
      ],
    },
    {
      ...providerFrom('groq', 17),
      key: environment,
      keys: [],
      modelsListedAt: now - 8 * HOUR,
      modelsFailure: { at: now - 5 * MINUTE, sentence: 'Groq did not answer in time.' },
    },
    {
      ...providerFrom('deepseek', 0),
      key: NO_KEY,
      keys: [],
      modelCount: 0,
      modelsListedAt: null,
      modelsFailure: { at: now - MINUTE, sentence: 'There is no key for this provider.' },
    },
  ];
}
