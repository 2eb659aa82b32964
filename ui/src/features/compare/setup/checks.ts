/** Checks as they are set up. */

import type { CheckView } from '../../../lib/ipc/gen/types';

export type CheckKind = CheckView['kind'];

export const CHECK_KINDS: readonly { value: CheckKind; label: string }[] = [
  { value: 'contains', label: 'contains' },
  { value: 'equals', label: 'equals' },
  { value: 'regex', label: 'matches a pattern' },
  { value: 'json_schema', label: 'is JSON by a schema' },
  { value: 'words', label: 'has a length' },
  { value: 'within', label: 'comes in time' },
];

export function newCheck(kind: CheckKind): CheckView {
  switch (kind) {
    case 'contains':
      return { kind, text: '', isCaseSensitive: false, isNegated: false };
    case 'equals':
      return { kind, text: '', isCaseSensitive: false };
    case 'regex':
      return { kind, pattern: '' };
    case 'json_schema':
      return { kind, schema: '{}' };
    case 'words':
      return { kind, least: null, most: 100 };
    case 'within':
      return { kind, millis: 10_000 };
  }
}

/** A whole number that was typed; `null` for nothing and for anything else. */
export function wholeOrNull(text: string): number | null {
  const value = Number(text.trim());
  return text.trim() !== '' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
