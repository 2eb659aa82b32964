import { describe, expect, it } from 'vitest';

import { presetNamed } from '../../lib/ipc/fake/presets';
import { providerFrom } from '../../lib/ipc/fake/provider-samples';
import type { KeyView, PresetView } from '../../lib/ipc/gen/types';
import { draftOf, fieldsFor, fieldsOf, keyHelp, keyStateOf, keyWords, nameFor } from './draft';
import { fieldsForServer, modelsAt } from './servers';

function preset(id: string): PresetView {
  const found = presetNamed(id);
  if (!found) throw new Error(`no preset ${id}`);
  return found;
}

const at = (source: string, rest: Partial<KeyView> = {}): KeyView => ({
  source,
  variable: null,
  problem: null,
  ...rest,
});

describe('the form of a new provider', () => {
  it('takes over what the preset knows, and leaves the address to it', () => {
    expect(fieldsFor(preset('openrouter'), false)).toEqual({
      presetId: 'openrouter',
      family: 'openai_chat',
      name: 'OpenRouter',
      baseUrl: '',
      options: {},
      extraHeaders: [],
      hasAttribution: true,
      keyForSessionOnly: false,
    });
  });

  it('fills options with their default, or else with the first choice', () => {
    expect(fieldsFor(preset('alibaba'), true).options).toEqual({ region: 'Singapore' });
    expect(fieldsFor(preset('vertex'), true).options).toEqual({ project: '', location: 'global' });
    const [option] = preset('alibaba').options;
    if (!option) throw new Error('no option');
    const undecided = { ...preset('alibaba'), options: [{ ...option, default: '' }] };
    expect(fieldsFor(undecided, true).options).toEqual({ region: 'Singapore' });
  });

  it('calls a server of one’s own after where it is', () => {
    expect(fieldsFor(preset('openai_compatible'), false).name).toBe('');
    expect(nameFor(preset('openai_compatible'), 'http://127.0.0.1:4000/v1')).toBe('127.0.0.1:4000');
    expect(nameFor(preset('openai_compatible'), 'nowhere')).toBe('Any OpenAI-compatible address');
    expect(nameFor(preset('openai'), 'https://proxy.example')).toBe('OpenAI');
    expect(nameFor(preset('litellm'), 'http://127.0.0.1:4000')).toBe('LiteLLM proxy');
    expect(nameFor(undefined, '')).toBe('My server');
  });

  it('names an address for a found server only where the preset has another', () => {
    const server = { presetId: 'ollama', name: 'Ollama', models: [], modelCount: 1 };
    const here = { ...server, baseUrl: 'http://127.0.0.1:11434' };
    const there = { ...server, baseUrl: 'http://127.0.0.1:9999', modelCount: 1_200 };
    expect(fieldsForServer(here, preset('ollama'), false).baseUrl).toBe('');
    expect(fieldsForServer(there, preset('ollama'), false).baseUrl).toBe(there.baseUrl);
    expect(modelsAt(here)).toBe('1 model · 127.0.0.1:11434');
    expect(modelsAt(there)).toBe('1,200 models · 127.0.0.1:9999');
  });
});

describe('the draft', () => {
  const fields = {
    ...fieldsFor(preset('vertex'), false),
    name: '  Cloud ',
    baseUrl: ' ',
    options: { project: ' ', location: ' europe-west4 ' },
    extraHeaders: [
      { name: ' X-One ', value: ' 1 ' },
      { name: '', value: '' },
      { name: '', value: 'left over' },
    ],
  };

  it('is trimmed, without empty options and rows', () => {
    expect(draftOf('p1', fields, ' key \n')).toMatchObject({
      providerId: 'p1',
      name: 'Cloud',
      baseUrl: '',
      options: [{ name: 'location', value: 'europe-west4' }],
      extraHeaders: [
        { name: 'X-One', value: '1' },
        { name: '', value: 'left over' },
      ],
      key: 'key',
    });
  });

  it('has no key where none was typed, so that stored ones stay', () => {
    expect(draftOf(null, fields, '  ').key).toBeNull();
  });

  it('comes back from a stored provider as it went in', () => {
    const provider = {
      ...providerFrom('openrouter', 4),
      typedBaseUrl: 'https://proxy.example/v1',
      options: [{ name: 'region', value: 'here' }],
      extraHeaders: [{ name: 'X-One', value: '1' }],
      hasAttribution: false,
    };
    const draft = draftOf(provider.id, fieldsOf(provider, true), '');
    expect(draft).toMatchObject({
      presetId: 'openrouter',
      baseUrl: 'https://proxy.example/v1',
      options: provider.options,
      extraHeaders: provider.extraHeaders,
      hasAttribution: false,
      keyForSessionOnly: true,
    });
    expect(draftOf(null, fieldsOf(providerFrom('openai', 4), false), '').baseUrl).toBe('');
  });
});

describe('keys in words', () => {
  it.each([
    [at('keychain'), 'In the keychain'],
    [at('session'), 'For this session only'],
    [at('environment', { variable: 'GROQ_API_KEY' }), 'From GROQ_API_KEY'],
    [at('none'), 'No key'],
    [at('keychain', { problem: 'The keychain is locked.' }), 'The keychain is locked.'],
  ])('%j is %s', (key, words) => {
    expect(keyWords(key)).toBe(words);
  });

  it('say where a key goes, and what happens without one', () => {
    expect(keyHelp(preset('openai'), null)).toContain(
      'sent to OpenAI alone. Empty uses OPENAI_API',
    );
    expect(keyHelp(preset('openai'), 'In the keychain')).toBe('Now: in the keychain.');
    expect(keyHelp(preset('openai'), 'From OPENAI_API_KEY')).toBe('Now: from OPENAI_API_KEY.');
    expect(keyHelp(preset('openai'), 'It is locked.')).toBe('Now: it is locked.');
    expect(keyHelp(preset('vertex'), null)).toContain('service account');
    expect(keyHelp(preset('lm_studio'), null)).toMatch(/^Only where the server asks/);
    expect(keyHelp(undefined, null)).toMatch(/^Only where the server asks/);
    const nameless = { ...preset('openai'), environment: [] };
    expect(keyHelp(nameless, null)).toBe('Kept in the keychain and sent to OpenAI alone.');
  });

  const withKeys = providerFrom('openrouter', 4);
  const off = { ...withKeys, keys: withKeys.keys.map((key) => ({ ...key, isDisabled: true })) };

  it.each([
    ['a key', withKeys, 'openrouter', 'ready'],
    ['no key where one is needed', { key: at('none'), keys: [] }, 'openrouter', 'missing'],
    ['no key where one may be', { key: at('none'), keys: [] }, 'lm_studio', 'optional'],
    ['no key where none is taken', { key: at('none'), keys: [] }, 'ollama', 'never'],
    ['no file where Google’s tools may help', { key: at('none'), keys: [] }, 'vertex', 'google'],
    ['a variable', { key: at('environment'), keys: [] }, 'groq', 'environment'],
    ['only keys that are off', { ...off, key: at('none') }, 'openrouter', 'off'],
    ['a slot without its key', { ...withKeys, key: at('none') }, 'openrouter', 'ready'],
    ['a problem', { key: at('none', { problem: 'locked' }), keys: [] }, 'openrouter', 'ready'],
  ] as const)('a provider with %s', (_, provider, presetId, state) => {
    expect(keyStateOf({ key: provider.key, keys: [...provider.keys] }, preset(presetId))).toBe(
      state,
    );
  });
});
