/** The text of a way in that words are looked for in, folded once and kept for as long as it is listed. */

import type { ModelView } from '../../lib/ipc/gen/types';

interface Haystack {
  all: string;
  provider: string;
  maker: string;
}

const kept = new WeakMap<ModelView, Haystack>();

/** Without the marks between its parts, so that "gpt4o" finds "GPT-4o". */
export function squashed(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

export function haystackOf(way: ModelView): Haystack {
  const before = kept.get(way);
  if (before) return before;
  const { name, endpoint, providerName, maker, family, canonicalId } = way;
  const made = {
    all: [name, endpoint.model, canonicalId, providerName, maker, family, squashed(name)]
      .filter((part) => part !== null)
      .join('\n')
      .toLowerCase(),
    provider: `${squashed(providerName)}\n${squashed(endpoint.providerId)}`,
    maker: squashed(`${maker ?? ''}`),
  };
  kept.set(way, made);
  return made;
}
