/** What a question can be put to: one way in, a model by any of its ways in, or a route. */

import type { EndpointView, TargetView } from '../ipc/gen/types';
import { isSameEndpoint } from './endpoints';

export function endpointTarget(endpoint: EndpointView): TargetView {
  return { kind: 'endpoint', endpoint };
}

export function isSameTarget(left: TargetView | null, right: TargetView | null): boolean {
  if (left === null || right === null) return left === right;
  switch (left.kind) {
    case 'endpoint':
      return right.kind === 'endpoint' && isSameEndpoint(left.endpoint, right.endpoint);
    case 'model':
      return right.kind === 'model' && left.key === right.key;
    case 'route':
      return right.kind === 'route' && left.id === right.id;
  }
}
