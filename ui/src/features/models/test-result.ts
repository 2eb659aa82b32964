/** What a test that failed says, and what it asks for. */

import { sideWords } from '../../lib/ipc/errors';
import type { ProviderTest } from '../../lib/ipc/gen/types';

/** Whose side it is on, and what to do. */
export function sideOf({ failure, advice }: ProviderTest): string | undefined {
  const side = failure ? sideWords(failure.side) : '';
  const words = `${side} ${advice ?? failure?.advice ?? ''}`.trim();
  return words === '' ? undefined : words;
}

/** The provider's own words, with secrets removed before they came here. */
export function rawOf({ failure }: ProviderTest): string | undefined {
  if (!failure) return undefined;
  const raw = [
    failure.status === null ? '' : `HTTP ${failure.status}`,
    failure.words,
    failure.requestId === null ? '' : `Request id: ${failure.requestId}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
  return raw === '' ? undefined : raw;
}

export function wantsTopUp({ diagnosis, failure }: ProviderTest): boolean {
  return diagnosis === 'no_credit' || failure?.class === 'payment_required';
}

/** A key is missing, refused, or another provider's. */
export function wantsNewKey({ diagnosis, failure }: ProviderTest): boolean {
  return (
    diagnosis === 'bad_key' ||
    diagnosis === 'other_provider' ||
    failure?.class === 'key_missing' ||
    failure?.class === 'authentication'
  );
}

/** What is to be changed where a stored key was tried: another key, the provider's settings, or nothing here. */
export function whatHelps({ diagnosis }: ProviderTest): 'key' | 'provider' | null {
  switch (diagnosis) {
    case 'clock':
    case 'proxy':
    case 'network':
      return null;
    case 'address':
    case 'not_running':
    case 'wrong_region':
      return 'provider';
    default:
      return 'key';
  }
}
