/** What is chosen for a chat, as its bar and its composer name it. */

import type { ModelView, RouteView, TargetView } from '../../lib/ipc/gen/types';
import { count } from '../models/words';
import { entryWords, policyWords } from './words';

export interface TargetWords {
  name: string;
  /** The words of the chip beside it. */
  chip: string | null;
  colour: number | null;
  kind: 'route' | 'model';
  isGone: boolean;
}

export function targetWords(
  target: TargetView,
  models: readonly ModelView[],
  routes: readonly RouteView[],
): TargetWords {
  if (target.kind === 'route') {
    const route = routes.find(({ id }) => id === target.id);
    if (!route) return { name: 'a route', chip: null, colour: null, kind: 'route', isGone: true };
    return {
      name: route.name,
      chip: `route: ${policyWords(route.policy).toLowerCase()}`,
      colour: null,
      kind: 'route',
      isGone: false,
    };
  }
  const { name, way, colour, isGone } = entryWords(target, models);
  const chip = isGone ? null : way.startsWith('any of') ? way : `via ${way}`;
  return { name, chip, colour, kind: 'model', isGone };
}

/** "3 entries", "1 entry". */
export function entryCount({ entries }: RouteView): string {
  return count(entries.length, 'entry', 'entries');
}
