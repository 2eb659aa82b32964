/** The form of a provider, and what a preset brings along. */

import type {
  HeaderView,
  KeyView,
  PresetView,
  ProviderDraft,
  ProviderView,
  WireFamily,
} from '../../lib/ipc/gen/types';

/** What the form holds besides the key, which stays in its field alone. */
export interface ProviderFields {
  presetId: string | null;
  /** `null` leaves it to the preset. */
  family: WireFamily | null;
  name: string;
  /** Empty where the address follows from the preset. */
  baseUrl: string;
  options: Record<string, string>;
  extraHeaders: HeaderView[];
  hasAttribution: boolean;
  keyForSessionOnly: boolean;
}

/** The form for a provider that is there. */
export function fieldsOf(provider: ProviderView, keyForSessionOnly: boolean): ProviderFields {
  return {
    presetId: provider.presetId,
    family: provider.family,
    name: provider.name,
    baseUrl: provider.typedBaseUrl,
    options: Object.fromEntries(provider.options.map(({ name, value }) => [name, value])),
    extraHeaders: provider.extraHeaders.map((header) => ({ ...header })),
    hasAttribution: provider.hasAttribution,
    keyForSessionOnly,
  };
}

/** The form for a new provider of this preset. */
export function fieldsFor(preset: PresetView, keyForSessionOnly: boolean): ProviderFields {
  return {
    presetId: preset.id,
    family: preset.family,
    // A server of one's own is called after where it is, until somebody knows better.
    name: preset.baseUrl === '' ? '' : preset.name,
    baseUrl: '',
    options: Object.fromEntries(
      preset.options.map((option) => [option.name, option.default || option.choices[0] || '']),
    ),
    extraHeaders: [],
    hasAttribution: true,
    keyForSessionOnly,
  };
}

/** What a provider is called that nobody named: after its preset, or after where it is. */
export function nameFor(preset: PresetView | undefined, baseUrl: string): string {
  const isAnybody = preset === undefined || preset.group === 'compatible';
  if (isAnybody && URL.canParse(baseUrl)) return new URL(baseUrl).host || baseUrl;
  return preset?.name ?? 'My server';
}

export function draftOf(
  providerId: string | null,
  fields: ProviderFields,
  typedKey: string,
): ProviderDraft {
  const key = typedKey.trim();
  return {
    providerId,
    presetId: fields.presetId,
    family: fields.family,
    name: fields.name.trim(),
    baseUrl: fields.baseUrl.trim(),
    options: Object.entries(fields.options)
      .map(([name, value]) => ({ name, value: value.trim() }))
      .filter(({ value }) => value !== ''),
    extraHeaders: fields.extraHeaders
      .map(({ name, value }) => ({ name: name.trim(), value: value.trim() }))
      .filter(({ name, value }) => name !== '' || value !== ''),
    hasAttribution: fields.hasAttribution,
    key: key === '' ? null : key,
    keyForSessionOnly: fields.keyForSessionOnly,
  };
}

/** What is said under the field of a key. */
export function keyHelp(preset: PresetView | undefined, storedKey: string | null): string {
  if (storedKey !== null)
    return `Now: ${storedKey.charAt(0).toLowerCase()}${storedKey.slice(1).replace(/\.$/, '')}.`;
  if (preset?.credential === 'google') {
    return 'The whole JSON file of a service account. Empty uses what Google’s own tools left on this computer.';
  }
  const variable = preset?.environment[0];
  if (variable !== undefined) {
    return `Kept in the keychain and sent to ${preset?.name} alone. Empty uses ${variable}, where that is set.`;
  }
  if (preset?.needsKey === 'always') {
    return `Kept in the keychain and sent to ${preset.name} alone.`;
  }
  return 'Only where the server asks for one. Kept in the keychain and sent to this address alone.';
}

/** Where a key is, in words. */
export function keyWords({ source, variable, problem }: KeyView): string {
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

/** What a person must know of the keys: there is one, one is missing, all are off, or none is needed. */
export type KeyState =
  'ready' | 'missing' | 'off' | 'environment' | 'google' | 'optional' | 'never';

export function keyStateOf(
  { key, keys }: Pick<ProviderView, 'key' | 'keys'>,
  preset: PresetView | undefined,
): KeyState {
  if (preset?.needsKey === 'never' && keys.length === 0) return 'never';
  if (keys.length === 0 && key.source === 'environment') return 'environment';
  if (key.source !== 'none' || key.problem !== null) return 'ready';
  if (preset?.credential === 'google' && keys.length === 0) return 'google';
  if (keys.length > 0) return keys.every(({ isDisabled }) => isDisabled) ? 'off' : 'ready';
  return preset?.needsKey === 'always' ? 'missing' : 'optional';
}

export const FAMILY_LABELS: Record<WireFamily, string> = {
  openai_chat: 'OpenAI chat completions',
  openai_responses: 'OpenAI responses',
  anthropic_messages: 'Anthropic messages',
  gemini: 'Gemini',
  vertex: 'Gemini on Vertex AI',
  ollama: 'Ollama',
};
