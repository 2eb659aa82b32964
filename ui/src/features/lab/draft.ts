/** From what was chosen and typed to what is asked of the engine, and back. */

import type { EndpointView, LabRequest, LabView, ModelView } from '../../lib/ipc/gen/types';
import { endpointKey } from '../../lib/state/endpoints';
import type { LabDraft } from '../../lib/state/labs.svelte';

/** The engine takes no more. */
export const MOST_WAYS = 12;
/** More digits than this would not fit the contract; the engine refuses it either way. */
const MOST_NUMBER = 1_000_000;

/** Text that is no whole number becomes 0, which the engine refuses with the right words. */
function wholeNumber(text: string): number {
  const trimmed = text.trim();
  return /^\d+$/.test(trimmed) ? Math.min(Number(trimmed), MOST_NUMBER) : 0;
}

export function requestOf(draft: LabDraft): LabRequest {
  const baseline = draft.endpoints.findIndex((each) => endpointKey(each) === draft.baseline);
  return {
    endpoints: draft.endpoints.map(({ providerId, model }) => ({ providerId, model })),
    baseline: baseline < 0 ? null : baseline,
    rounds: wholeNumber(draft.rounds),
    prompt: draft.prompt,
    maxTokens: wholeNumber(draft.maxTokens),
  };
}

/** The same again, for ways in that are still there. */
export function draftFrom(
  { request }: LabView,
  isListed: (endpoint: EndpointView) => boolean,
): LabDraft {
  const baseline = request.baseline === null ? undefined : request.endpoints[request.baseline];
  return {
    endpoints: request.endpoints.filter(isListed),
    baseline: baseline && isListed(baseline) ? endpointKey(baseline) : '',
    isBaselineOpen: false,
    rounds: String(request.rounds),
    prompt: request.prompt,
    maxTokens: String(request.maxTokens),
  };
}

/**
 * The way in that others are most likely held against: straight to the maker, else the first. Providers
 * are named after makers often enough ("Google AI Studio"), and the proposal can be changed.
 */
export function likelyBaseline(ways: readonly ModelView[]): string {
  const direct = ways.find(
    ({ maker, providerName, isLocal }) =>
      maker !== null && !isLocal && providerName.toLowerCase().startsWith(maker.toLowerCase()),
  );
  const chosen = direct ?? ways[0];
  return chosen && ways.length > 1 ? endpointKey(chosen.endpoint) : '';
}
