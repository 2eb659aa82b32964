/** Ways in by what names them: the provider and its own id of the model. */

import type { EndpointView, ModelView } from '../ipc/gen/types';

export function endpointKey({ providerId, model }: EndpointView): string {
  return `${providerId} ${model}`;
}

export function isSameEndpoint(left: EndpointView, right: EndpointView): boolean {
  return left.providerId === right.providerId && left.model === right.model;
}

export function byEndpoint(models: readonly ModelView[]): Map<string, ModelView> {
  return new Map(models.map((model) => [endpointKey(model.endpoint), model]));
}
