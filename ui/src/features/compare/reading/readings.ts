/** The answers of the case on screen, as they are read together. */

import { blindName } from '../../../lib/state/blind';
import type { OpenedRound } from '../../../lib/state/opened-round.svelte';
import type { Reading } from './reading';

/** In the order of the screen, under the names that may be seen. The id is the number of the column. */
export function readingsOf(shown: OpenedRound): Reading[] {
  return shown.order.flatMap((column, position): Reading[] => {
    const view = shown.round?.columns[column];
    const text = shown.answerOf(column)?.text ?? '';
    if (!view || text === '') return [];
    const label = shown.isBlind ? blindName(position) : view.name;
    return [{ id: String(column), label, colour: shown.isBlind ? position : view.colour, text }];
  });
}
