/** The list as it is drawn: one row for each model, and below an unfolded one a row for each way in. */

import type { ModelView } from '../../lib/ipc/gen/types';
import { endpointKey } from '../../lib/state/endpoints';
import { isNewWay, type ModelGroup } from './groups';

export type ListRow =
  | { kind: 'model'; id: string; group: ModelGroup; isOpen: boolean; position: number }
  | { kind: 'head'; id: string; group: ModelGroup }
  | {
      kind: 'way';
      id: string;
      group: ModelGroup;
      way: ModelView;
      position: number;
      isLast: boolean;
      /** It is new, and the model is not new altogether. */
      isNew: boolean;
    };

export function rowsOf(
  groups: readonly ModelGroup[],
  isOpen: (key: string) => boolean,
  now: number,
): ListRow[] {
  const rows: ListRow[] = [];
  for (const [position, group] of groups.entries()) {
    const id = `model ${group.key}`;
    const opened = isOpen(group.key);
    rows.push({ kind: 'model', id, group, isOpen: opened, position });
    if (!opened) continue;
    const isAllNew = group.ways.every((way) => isNewWay(way, now));
    rows.push({ kind: 'head', id: `head ${group.key}`, group });
    for (const [index, way] of group.ways.entries()) {
      rows.push({
        kind: 'way',
        id: `way ${endpointKey(way.endpoint)}`,
        group,
        way,
        position: index,
        isLast: index === group.ways.length - 1,
        isNew: !isAllNew && isNewWay(way, now),
      });
    }
  }
  return rows;
}

/** The next row in this direction that can be stood on; the same one at either end. */
export function stepFrom(rows: readonly ListRow[], index: number, step: number): number {
  let next = Math.min(Math.max(index + step, 0), rows.length - 1);
  if (rows[next]?.kind === 'head') next += step < 0 ? -1 : 1;
  return next;
}
