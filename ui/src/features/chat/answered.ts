/** Whose words an answer is. */

import type { EndpointView, RunView } from '../../lib/ipc/gen/types';
import { answeringAttempt, shortModel } from './facts';

/** The way in that answered, which need not be the one that was asked first. */
export function answeredBy(run: RunView): EndpointView {
  const answering = answeringAttempt(run);
  if (!answering) return run.endpoint;
  return { providerId: answering.providerId, model: answering.model };
}

/** The cable of the model that answered. */
export function answeringColour(run: RunView): number {
  return answeringAttempt(run)?.colour ?? run.colour;
}

/** Tells which model a way in leads to; `undefined` for a way in that no list has. */
export type KeyOf = (endpoint: EndpointView) => string | undefined;

/**
 * The way in that was asked first, where another model answered; `null` where it is the same one. A
 * gateway writes the maker before the name, and lists may spell it otherwise: neither makes it another.
 */
export function askedInstead(run: RunView, keyOf: KeyOf): EndpointView | null {
  const answered = answeredBy(run);
  if (shortModel(answered.model) === shortModel(run.endpoint.model)) return null;
  const key = keyOf(answered);
  return key !== undefined && key === keyOf(run.endpoint) ? null : run.endpoint;
}
