/** How a test of a provider ends in the fake: by what is in its address or its key. */

import type { FailureView, ProviderDraft, ProviderTest } from '../gen/types';
import { failureNamed } from './failures';
import { PRESETS, presetNamed } from './presets';

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
  'scripted-replaced',
  'scripted-continued',
];

/** What a test looks at. */
export type Tested = Pick<ProviderDraft, 'presetId' | 'baseUrl' | 'key'>;

function failureOf(tested: Tested): FailureView | null {
  const { baseUrl, key, presetId } = tested;
  if (baseUrl.includes(':9/') || baseUrl.includes('refused')) {
    return failureNamed('connection_refused');
  }
  if (baseUrl.includes('html')) return failureNamed('unexpected_content');
  if (key === null && presetNamed(presetId)?.needsKey === 'always') {
    return failureNamed('key_missing');
  }
  if (key?.includes('broke')) return failureNamed('payment_required');
  if (key?.includes('wrong') || ownerOf(tested)) return failureNamed('authentication');
  return null;
}

/** The preset whose key this is by its beginning, where it is tried on another one that wants its own. */
function ownerOf({ key, presetId }: Tested): string | null {
  if (key === null || presetNamed(presetId)?.needsKey !== 'always') return null;
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

export function testOf(tested: Tested): ProviderTest {
  const failure = failureOf(tested);
  const owner = ownerOf(tested);
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
