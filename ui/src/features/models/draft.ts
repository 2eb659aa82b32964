/** The form of a provider, and what is quick to fill in. */

import type { HeaderView, ProviderDraft, ProviderView } from '../../lib/ipc/gen/types';

export interface Example {
  name: string;
  baseUrl: string;
  /** Whether it usually wants a key. */
  needsKey: boolean;
}

export const EXAMPLES: readonly Example[] = [
  { name: 'OpenAI', baseUrl: 'https://api.openai.com/v1', needsKey: true },
  { name: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', needsKey: true },
  { name: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', needsKey: false },
  { name: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', needsKey: false },
  { name: 'LiteLLM', baseUrl: 'http://127.0.0.1:4000/v1', needsKey: true },
];

/** What the form holds besides the key, which stays in its field alone. */
export interface ProviderFields {
  name: string;
  baseUrl: string;
  extraHeaders: HeaderView[];
  keyForSessionOnly: boolean;
}

export function fieldsOf(
  provider: ProviderView | undefined,
  keyForSessionOnly: boolean,
): ProviderFields {
  return {
    name: provider?.name ?? '',
    baseUrl: provider?.baseUrl ?? '',
    extraHeaders: provider?.extraHeaders.map((header) => ({ ...header })) ?? [],
    keyForSessionOnly,
  };
}

export function draftOf(
  providerId: string | null,
  fields: ProviderFields,
  typedKey: string,
): ProviderDraft {
  const key = typedKey.trim();
  return {
    providerId,
    presetId: null,
    family: null,
    name: fields.name.trim(),
    baseUrl: fields.baseUrl.trim(),
    options: [],
    extraHeaders: fields.extraHeaders
      .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
      .filter(({ name, value }) => name !== '' || value !== ''),
    hasAttribution: true,
    key: key === '' ? null : key,
    keyForSessionOnly: fields.keyForSessionOnly,
  };
}

/** Where a key is, in words. */
export function keyWords(provider: ProviderView): string {
  const { source, variable, problem } = provider.key;
  if (problem !== null) return problem;
  switch (source) {
    case 'keychain':
      return 'In the keychain';
    case 'session':
      return 'For this session only';
    case 'environment':
      return `From ${variable ?? 'the environment'}`;
    default:
      return 'No key';
  }
}
