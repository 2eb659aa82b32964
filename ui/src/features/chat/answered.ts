/** Whose words an answer is. */

import type { EndpointView, RunView } from '../../lib/ipc/gen/types';
import { answeringAttempt } from './facts';

/** The way in that answered, which need not be the one that was asked first. */
export function answeredBy(run: RunView): EndpointView {
  const answering = answeringAttempt(run);
  if (!answering) return run.endpoint;
  return { providerId: answering.providerId, model: answering.model };
}
