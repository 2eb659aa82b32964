/** The providers, keys and models of the fake: what a scripted server lists, and how a test of it ends. */

import type {
  FailureView,
  KeyView,
  ModelView,
  ProviderDraft,
  ProviderTest,
  ProviderView,
} from '../gen/types';
import { failureNamed } from './failures';

export const LISTED = [
  'scripted-small',
  'scripted-large',
  'scripted-thinking',
  'scripted-switching',
  'scripted-endless',
  'scripted-hostile',
  'scripted-cut',
  'fail-authentication',
  'fail-rate_limited',
  'fail-context_too_long',
];

const CATALOGUE: [id: string, name: string, context: number][] = [
  ['anthropic/claude-sonnet-4.6', 'claude-sonnet-4.6', 1_000_000],
  ['deepseek/deepseek-chat', 'deepseek-chat', 131_072],
  ['google/gemini-flash', 'gemini-flash', 1_048_576],
  ['openai/gpt-6.1', 'gpt-6.1', 400_000],
];

export function localModel(unavailableBecause: string | null): ModelView {
  return {
    endpoint: { providerId: 'local', model: 'smollm2-135m-instruct' },
    providerName: 'This computer',
    name: 'SmolLM2 135M Instruct',
    contextLength: 2_048,
    ownedBy: 'HuggingFaceTB',
    isLocal: true,
    colour: 0,
    unavailableBecause,
  };
}

export function openRouter(): ProviderView {
  return {
    id: 'openrouter',
    name: 'OpenRouter',
    baseUrl: 'https://openrouter.ai/api/v1',
    origin: 'https://openrouter.ai',
    extraHeaders: [],
    isPlainTextRemote: false,
    key: { source: 'keychain', variable: null, problem: null },
    modelCount: CATALOGUE.length,
    modelsListedAt: Date.now() - 3_600_000,
  };
}

export function modelsOf(provider: ProviderView): ModelView[] {
  const unavailableBecause =
    provider.key.source === 'none' && provider.id === 'openrouter'
      ? 'There is no key for this provider.'
      : null;
  const listed: [string, string, number | null][] =
    provider.id === 'openrouter'
      ? CATALOGUE
      : LISTED.map((id): [string, string, number | null] => [id, id, 32_768]);
  return listed.map(([model, name, contextLength], index) => ({
    endpoint: { providerId: provider.id, model },
    providerName: provider.name,
    name,
    contextLength,
    ownedBy: model.includes('/') ? (model.split('/')[0] ?? null) : null,
    isLocal: false,
    colour: (index + 1) % 6,
    unavailableBecause,
  }));
}

/** How asking this address ends: by what is in its name. */
export function failureOf(draft: ProviderDraft): FailureView | null {
  if (draft.baseUrl.includes(':9/') || draft.baseUrl.includes('refused')) {
    return failureNamed('connection_refused');
  }
  if (draft.baseUrl.includes('html')) return failureNamed('unexpected_content');
  if (draft.key?.includes('wrong')) return failureNamed('authentication');
  return null;
}

export function testOf(draft: ProviderDraft): ProviderTest {
  const failure = failureOf(draft);
  if (failure) {
    return {
      isGood: false,
      summary: failure.sentence,
      millis: 41,
      modelCount: 0,
      sample: [],
      failure,
    };
  }
  return {
    isGood: true,
    summary: `The address answers and lists ${LISTED.length} models.`,
    millis: 128,
    modelCount: LISTED.length,
    sample: LISTED.slice(0, 5),
    failure: null,
  };
}

export function keyAfter(draft: ProviderDraft, before: KeyView | undefined): KeyView {
  if (draft.key === null) return before ?? { source: 'none', variable: null, problem: null };
  return {
    source: draft.keyForSessionOnly ? 'session' : 'keychain',
    variable: null,
    problem: null,
  };
}
