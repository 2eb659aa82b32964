import { describe, expect, it } from 'vitest';

import { failureNamed } from '../../lib/ipc/fake/failures';
import { testOf } from '../../lib/ipc/fake/provider-test';
import { rawOf, sideOf, wantsNewKey, wantsTopUp, whatHelps } from './test-result';

const tested = (key: string | null, presetId = 'openai', baseUrl = 'https://api.openai.com/v1') =>
  testOf({ presetId, baseUrl, key });

describe('a test that failed', () => {
  it('says whose side it is on and what to do', () => {
    expect(sideOf(tested('sk-wrong'))).toBe(
      'On your side. Put in a new key, or check that it belongs to this provider.',
    );
    expect(sideOf({ ...tested('sk-wrong'), advice: null, failure: null })).toBeUndefined();
  });

  it('shows the raw words with their status, and nothing where nothing came', () => {
    expect(rawOf(tested('sk-wrong'))).toMatch(
      /^HTTP 401\n\{.*invalid_api_key.*\}\nRequest id: req_/s,
    );
    const silent = { ...failureNamed('key_missing'), requestId: null };
    expect(rawOf({ ...tested(null), failure: silent })).toBeUndefined();
    expect(rawOf(tested('good'))).toBeUndefined();
  });

  it('leads to money or to a new key, as it needs', () => {
    expect(wantsTopUp(tested('sk-broke'))).toBe(true);
    expect(wantsNewKey(tested('sk-broke'))).toBe(false);
    for (const key of ['sk-wrong', 'sk-ant-other', null]) {
      expect(wantsNewKey(tested(key))).toBe(true);
      expect(wantsTopUp(tested(key))).toBe(false);
    }
    const refused = tested('sk-fine', 'openai', 'http://refused.example');
    expect(wantsNewKey(refused) || wantsTopUp(refused)).toBe(false);
  });

  it('offers another key only where a key can help', () => {
    const of = (diagnosis: string) => whatHelps({ ...tested('sk-wrong'), diagnosis });
    for (const kind of ['bad_key', 'other_provider', 'no_credit', 'permission', 'other']) {
      expect(of(kind), kind).toBe('key');
    }
    for (const kind of ['address', 'not_running', 'wrong_region']) {
      expect(of(kind), kind).toBe('provider');
    }
    for (const kind of ['clock', 'proxy', 'network']) expect(of(kind), kind).toBeNull();
  });
});
