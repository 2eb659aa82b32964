/** The providers of the fake with their keys. */

import type {
  KeySet,
  KeyView,
  LocalServerView,
  ProviderDraft,
  ProviderKeyView,
  ProviderTest,
  ProviderView,
} from '../gen/types';
import { presetNamed } from './presets';
import {
  balanceAt,
  FAMILY_LABELS,
  keyAt,
  LOCAL_SERVERS,
  NO_KEY,
  SAMPLE_SECRETS,
} from './provider-samples';
import { LISTED, testOf } from './provider-test';
import { refuse } from './refuse';

export class FakeProviders {
  readonly #providers = new Map<string, ProviderView>();
  readonly #removed = new Map<string, ProviderView>();
  /** What was typed, by key: only so that a later test ends as that key should. */
  readonly #secrets = new Map<string, string>(SAMPLE_SECRETS);
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
    checkOptions(draft);
    const before = draft.providerId === null ? undefined : this.#providers.get(draft.providerId);
    const stored = before ? this.#secretOf(before.key, before.keys[0]?.id) : null;
    return testOf({ ...draft, baseUrl: addressOf(draft), key: draft.key ?? stored });
  }

  /** Servers that run on this computer and are not added yet. */
  found(): LocalServerView[] {
    const taken = new Set(this.list().map(({ origin }) => origin));
    return LOCAL_SERVERS.filter(({ baseUrl }) => !taken.has(new URL(baseUrl).origin));
  }

  save(draft: ProviderDraft): ProviderView {
    const preset = presetNamed(draft.presetId);
    if (draft.name.trim() === '') {
      refuse('invalid_input', 'A provider needs a name.', 'Give it one.', 'name');
    }
    checkOptions(draft);
    if (draft.key !== null && !this.canStoreKeys() && !draft.keyForSessionOnly) {
      refuse(
        'vault_unavailable',
        'The keychain is locked.',
        'Unlock it, or keep the key for this session.',
        'key',
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
    const isListed = keys.length > 0 || preset?.needsKey !== 'always';
    return this.#put({
      id,
      name: draft.name,
      presetId: draft.presetId,
      family,
      familyLabel: FAMILY_LABELS[family],
      baseUrl,
      typedBaseUrl: draft.baseUrl,
      origin: url.origin,
      options: draft.options,
      extraHeaders: draft.extraHeaders,
      hasAttribution: draft.hasAttribution,
      isPlainTextRemote: url.protocol === 'http:' && url.hostname !== '127.0.0.1',
      key: NO_KEY,
      keys,
      hasBalance: preset?.hasBalance ?? false,
      modelCount: isListed ? LISTED.length : 0,
      modelsListedAt: isListed ? Date.now() : null,
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
      const added = keyAt(this.#id('key'), name, key === null ? 'none' : source);
      if (key !== null) this.#secrets.set(added.id, key);
      return this.#put({ ...provider, keys: [...provider.keys, added] });
    }
    if (key !== null) this.#secrets.set(keyId, key);
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
    const { presetId, baseUrl, keys } = this.get(providerId);
    const status = keys.find(({ id }) => id === keyId)?.status ?? NO_KEY;
    const result = testOf({ presetId, baseUrl, key: this.#secretOf(status, keyId) });
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
    const now = Date.now();
    const isSilent = this.#secrets.get(keyId)?.includes('silent') ?? false;
    const before = provider.keys.find(({ id }) => id === keyId)?.balance;
    const balance = isSilent
      ? {
          lines: before?.lines ?? [],
          fetchedAt: before?.fetchedAt ?? null,
          failure: 'The provider did not say what is left.',
          failedAt: now,
        }
      : balanceAt(now);
    return this.#changeKey(providerId, keyId, (key) => ({ ...key, balance }));
  }

  #keysAfter(draft: ProviderDraft, before: readonly ProviderKeyView[]): ProviderKeyView[] {
    if (draft.key === null) return [...before];
    const source = draft.keyForSessionOnly ? 'session' : 'keychain';
    const [first, ...rest] = before;
    const id = first?.id ?? this.#id('key');
    this.#secrets.set(id, draft.key);
    if (!first) return [keyAt(id, 'key 1', source)];
    return [{ ...keyAt(first.id, first.label, source), isDisabled: first.isDisabled }, ...rest];
  }

  #secretOf({ source }: KeyView, keyId: string | undefined): string | null {
    if (source === 'none') return null;
    return this.#secrets.get(keyId ?? '') ?? 'stored';
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
    const from = provider.key.source === 'environment' ? provider.key : NO_KEY;
    const next = { ...provider, key: first?.status ?? from };
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
    return (
      typed?.replace(' ', '-') ||
      (preset?.options.find((each) => each.name === name)?.default ?? 'here')
    );
  });
}

function checkOptions({ presetId, options }: ProviderDraft): void {
  const missing = presetNamed(presetId)?.options.find(
    ({ name, isRequired }) =>
      isRequired && !options.some((each) => each.name === name && each.value !== ''),
  );
  if (!missing) return;
  const { label, help, name } = missing;
  refuse('invalid_input', `${label} is missing.`, help, `options.${name}`);
}
