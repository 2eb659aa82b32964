/** The providers of the fake with their keys, and how a test of one ends. */

import type {
  BalanceView,
  FailureView,
  KeySet,
  KeyView,
  LocalServerView,
  ProviderDraft,
  ProviderKeyView,
  ProviderTest,
  ProviderView,
  WireFamily,
} from '../gen/types';
import { failureNamed } from './failures';
import { PRESETS, presetNamed } from './presets';
import { refuse } from './refuse';

/** What a provider of which nothing is known lists: models that do what their names say. */
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

export const LOCAL_SERVERS: readonly LocalServerView[] = [
  {
    presetId: 'ollama',
    name: 'Ollama',
    baseUrl: 'http://127.0.0.1:11434',
    models: ['qwen3:4b', 'gemma3:4b', 'llama3.2:3b'],
    modelCount: 7,
  },
  {
    presetId: 'lmstudio',
    name: 'LM Studio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    models: ['qwen3-8b'],
    modelCount: 1,
  },
];

const FAMILY_LABELS: Record<WireFamily, string> = {
  openai_chat: 'OpenAI chat completions',
  openai_responses: 'OpenAI responses',
  anthropic_messages: 'Anthropic messages',
  gemini: 'Gemini',
  vertex: 'Gemini on Vertex AI',
  ollama: 'Ollama',
};

const NO_KEY: KeyView = { source: 'none', variable: null, problem: null };
const HOUR = 3_600_000;

function slot(id: string, label: string, source: string): ProviderKeyView {
  return {
    id,
    label,
    status: { source, variable: null, problem: null },
    isDisabled: false,
    lastTest: null,
    balance: null,
  };
}

/** A provider made from a preset, with a key in the keychain where it wants one. */
export function providerFrom(presetId: string, modelCount: number): ProviderView {
  const preset = presetNamed(presetId) ?? refuse('internal', `No preset ${presetId}.`, '');
  const keys = preset.needsKey === 'always' ? [slot('key-work', 'work', 'keychain')] : [];
  return {
    id: preset.id,
    name: preset.name,
    presetId: preset.id,
    family: preset.family,
    familyLabel: FAMILY_LABELS[preset.family],
    baseUrl: preset.baseUrl,
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

/** How asking this address ends: by what is in its name or its key. */
function failureOf(draft: ProviderDraft): FailureView | null {
  if (draft.baseUrl.includes(':9/') || draft.baseUrl.includes('refused')) {
    return failureNamed('connection_refused');
  }
  if (draft.baseUrl.includes('html')) return failureNamed('unexpected_content');
  if (draft.key?.includes('broke')) return failureNamed('payment_required');
  if (draft.key?.includes('wrong') || ownerOf(draft)) return failureNamed('authentication');
  return null;
}

/** The preset whose key this is by its beginning, where the draft is for another one. */
function ownerOf({ key, presetId }: ProviderDraft): string | null {
  if (key === null || presetId === null) return null;
  const begins = (prefix: string) => prefix.length > 3 && key.startsWith(prefix);
  const owner = PRESETS.find(({ keyPrefixes }) => keyPrefixes.some(begins));
  return owner && owner.id !== presetId ? owner.id : null;
}

function diagnosisOf(failure: FailureView, owner: string | null): string {
  if (owner) return 'other_provider';
  switch (failure.class) {
    case 'authentication':
      return 'bad_key';
    case 'payment_required':
      return 'no_credit';
    case 'connection_refused':
      return 'not_running';
    case 'unexpected_content':
      return 'address';
    default:
      return 'other';
  }
}

export function testOf(draft: ProviderDraft): ProviderTest {
  const failure = failureOf(draft);
  const owner = ownerOf(draft);
  if (!failure) {
    return {
      isGood: true,
      summary: `The address answers and lists ${LISTED.length} models.`,
      millis: 128,
      modelCount: LISTED.length,
      sample: LISTED.slice(0, 5),
      failure: null,
      diagnosis: null,
      advice: null,
      belongsToPreset: null,
    };
  }
  return {
    isGood: false,
    summary: failure.sentence,
    millis: 41,
    modelCount: 0,
    sample: [],
    failure,
    diagnosis: diagnosisOf(failure, owner),
    advice: owner ? `It begins like a key of ${presetNamed(owner)?.name}.` : failure.advice,
    belongsToPreset: owner,
  };
}

export class FakeProviders {
  readonly #providers = new Map<string, ProviderView>();
  readonly #removed = new Map<string, ProviderView>();
  #nextId = 1;

  constructor(
    providers: readonly ProviderView[],
    private readonly canStoreKeys: () => boolean,
    private readonly changed: () => void,
  ) {
    for (const provider of providers) this.#providers.set(provider.id, provider);
  }

  list(): ProviderView[] {
    return [...this.#providers.values()];
  }

  get(id: string): ProviderView {
    return (
      this.#providers.get(id) ??
      refuse('not_found', 'That provider is not there any more.', 'Add it again.')
    );
  }

  test(draft: ProviderDraft): ProviderTest {
    if (draft.name.trim() === '') {
      refuse('invalid_input', 'A provider needs a name.', 'Give it one.', 'name');
    }
    return testOf({ ...draft, baseUrl: addressOf(draft) });
  }

  save(draft: ProviderDraft): ProviderView {
    const preset = presetNamed(draft.presetId);
    const missing = preset?.options.find(
      ({ name, isRequired }) =>
        isRequired && !draft.options.some((each) => each.name === name && each.value !== ''),
    );
    if (missing) {
      refuse(
        'invalid_input',
        `${missing.label} is missing.`,
        missing.help,
        `options.${missing.name}`,
      );
    }
    const baseUrl = addressOf(draft);
    if (!URL.canParse(baseUrl)) {
      refuse('invalid_input', 'That is no web address.', 'Begin it with https://.', 'baseUrl');
    }
    const before = draft.providerId === null ? undefined : this.#providers.get(draft.providerId);
    const id = draft.providerId ?? this.#id('provider');
    const url = new URL(baseUrl);
    const family = draft.family ?? before?.family ?? preset?.family ?? 'openai_chat';
    const keys = this.#keysAfter(draft, before?.keys ?? []);
    return this.#put({
      id,
      name: draft.name,
      presetId: draft.presetId,
      family,
      familyLabel: FAMILY_LABELS[family],
      baseUrl,
      origin: url.origin,
      options: draft.options,
      extraHeaders: draft.extraHeaders,
      hasAttribution: draft.hasAttribution,
      isPlainTextRemote: url.protocol === 'http:' && url.hostname !== '127.0.0.1',
      key: NO_KEY,
      keys,
      hasBalance: preset?.hasBalance ?? false,
      modelCount: LISTED.length,
      modelsListedAt: Date.now(),
      modelsFailure: null,
      keyUrl: preset?.keyUrl ?? null,
      topUpUrl: preset?.topUpUrl ?? null,
    });
  }

  delete(id: string): void {
    this.#removed.set(id, this.get(id));
    this.#providers.delete(id);
    this.changed();
  }

  restore(id: string): ProviderView {
    return this.#put(
      this.#removed.get(id) ??
        refuse('not_found', 'That provider is gone for good.', 'Add it again.'),
    );
  }

  setKey({ providerId, keyId, label, key, sessionOnly }: KeySet): ProviderView {
    const provider = this.get(providerId);
    if (key !== null && !this.canStoreKeys() && !sessionOnly) {
      refuse(
        'vault_unavailable',
        'The keychain is locked.',
        'Unlock it, or keep the key for this session.',
      );
    }
    const source = sessionOnly ? 'session' : 'keychain';
    if (keyId === null) {
      const name = label ?? `key ${provider.keys.length + 1}`;
      const added = slot(this.#id('key'), name, key === null ? 'none' : source);
      return this.#put({ ...provider, keys: [...provider.keys, added] });
    }
    return this.#changeKey(providerId, keyId, (slot) => ({
      ...slot,
      label: label ?? slot.label,
      ...(key === null
        ? {}
        : { status: { source, variable: null, problem: null }, lastTest: null, balance: null }),
    }));
  }

  deleteKey(providerId: string, keyId: string): ProviderView {
    const provider = this.get(providerId);
    return this.#put({ ...provider, keys: provider.keys.filter(({ id }) => id !== keyId) });
  }

  reorderKeys(providerId: string, keyIds: readonly string[]): ProviderView {
    const provider = this.get(providerId);
    const keys = keyIds.flatMap((id) => provider.keys.filter((key) => key.id === id));
    if (keys.length !== provider.keys.length) {
      refuse('invalid_input', 'The order does not name every key.', 'Read the list again.');
    }
    return this.#put({ ...provider, keys });
  }

  switchKey(providerId: string, keyId: string, isDisabled: boolean): ProviderView {
    return this.#changeKey(providerId, keyId, (key) => ({ ...key, isDisabled }));
  }

  testKey(providerId: string, keyId: string): ProviderTest {
    const { presetId, baseUrl, name } = this.get(providerId);
    const result = testOf({
      providerId,
      presetId,
      family: null,
      name,
      baseUrl,
      options: [],
      extraHeaders: [],
      hasAttribution: false,
      key: null,
      keyForSessionOnly: false,
    });
    const { isGood, summary } = result;
    this.#changeKey(providerId, keyId, (key) => ({
      ...key,
      lastTest: { at: Date.now(), isGood, summary },
    }));
    return result;
  }

  refreshBalance(providerId: string, keyId: string): ProviderView {
    const provider = this.get(providerId);
    if (!provider.hasBalance) {
      refuse('invalid_input', 'This provider does not tell what is left.', 'Look on its page.');
    }
    const balance: BalanceView = {
      lines: [
        { label: 'left', amount: '12.40', unit: 'USD', resetsAt: null },
        { label: 'free requests', amount: '47', unit: 'requests', resetsAt: Date.now() + 8 * HOUR },
      ],
      fetchedAt: Date.now(),
      failure: null,
      failedAt: null,
    };
    return this.#changeKey(providerId, keyId, (key) => ({ ...key, balance }));
  }

  #keysAfter(draft: ProviderDraft, before: readonly ProviderKeyView[]): ProviderKeyView[] {
    if (draft.key === null) return [...before];
    const source = draft.keyForSessionOnly ? 'session' : 'keychain';
    const [first, ...rest] = before;
    if (!first) return [slot(this.#id('key'), 'key 1', source)];
    return [{ ...slot(first.id, first.label, source), isDisabled: first.isDisabled }, ...rest];
  }

  #changeKey(
    providerId: string,
    keyId: string,
    change: (key: ProviderKeyView) => ProviderKeyView,
  ): ProviderView {
    const provider = this.get(providerId);
    if (!provider.keys.some(({ id }) => id === keyId)) {
      refuse('not_found', 'That key is not there any more.', 'Add it again.');
    }
    const keys = provider.keys.map((key) => (key.id === keyId ? change(key) : key));
    return this.#put({ ...provider, keys });
  }

  /** The key that is tried first is the first one that is not left out. */
  #put(provider: ProviderView): ProviderView {
    const first = provider.keys.find(({ isDisabled }) => !isDisabled);
    const next = { ...provider, key: first?.status ?? NO_KEY };
    this.#providers.set(next.id, next);
    this.changed();
    return next;
  }

  #id(kind: string): string {
    this.#nextId += 1;
    return `${kind}-${this.#nextId}`;
  }
}

/** What was typed, or the preset's address with its options put in. */
function addressOf({ baseUrl, presetId, options }: ProviderDraft): string {
  if (baseUrl !== '') return baseUrl;
  const preset = presetNamed(presetId);
  return (preset?.baseUrl ?? '').replace(/\{(\w+)\}/g, (_, name: string) => {
    const typed = options.find((each) => each.name === name)?.value;
    return typed || (preset?.options.find((each) => each.name === name)?.default ?? '');
  });
}
