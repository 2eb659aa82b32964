/** The models in the order in which the picker offers them, under their headings. */

import type { EndpointView, ModelView } from '../../lib/ipc/gen/types';
import { endpointKey, isSameEndpoint } from '../../lib/state/endpoints';
import { defaultWay, sortGroups, type ModelGroup } from '../models/groups';

export type PickerRow =
  | { kind: 'heading'; id: string; title: string }
  | {
      kind: 'model';
      id: string;
      group: ModelGroup;
      /** The way in that a press takes. */
      way: ModelView;
      isOpen: boolean;
      isSelected: boolean;
    }
  | { kind: 'way'; id: string; group: ModelGroup; way: ModelView; isSelected: boolean }
  | { kind: 'add'; id: string };

const MOST_RECENT = 8;

/** Each model once, under the first heading that fits it. */
export function sectionsOf(groups: readonly ModelGroup[]): [title: string, ModelGroup[]][] {
  const sorted = sortGroups(groups, 'recommended');
  const recent = new Set(
    sorted
      .filter(({ isStarred, lastUsedAt }) => !isStarred && lastUsedAt !== null)
      .slice(0, MOST_RECENT),
  );
  const sections = new Map<string, ModelGroup[]>([
    ['Starred', []],
    ['Recently used', []],
    ['On this computer', []],
  ]);
  const makers = new Map<string, ModelGroup[]>();
  for (const group of sorted) {
    const title = group.isStarred
      ? 'Starred'
      : recent.has(group)
        ? 'Recently used'
        : group.isLocal
          ? 'On this computer'
          : null;
    const name = title ?? group.maker ?? group.ways[0]?.providerName ?? '';
    const into = title === null ? makers : sections;
    const section = into.get(name);
    if (section) section.push(group);
    else into.set(name, [group]);
  }
  const byMaker = [...makers].sort(([left], [right]) => left.localeCompare(right, 'en'));
  return [...sections, ...byMaker].filter(([, models]) => models.length > 0);
}

export function pickerRows(
  groups: readonly ModelGroup[],
  selected: EndpointView | null,
  isOpen: (key: string) => boolean,
): PickerRow[] {
  const isChosen = (way: ModelView) => selected !== null && isSameEndpoint(way.endpoint, selected);
  const rows: PickerRow[] = [];
  for (const [title, section] of sectionsOf(groups)) {
    rows.push({ kind: 'heading', id: `heading ${title}`, title });
    for (const group of section) {
      const chosen = group.ways.find(isChosen);
      const opened = group.ways.length > 1 && isOpen(group.key);
      rows.push({
        kind: 'model',
        id: `model ${group.key}`,
        group,
        way: chosen ?? defaultWay(group),
        isOpen: opened,
        isSelected: chosen !== undefined,
      });
      if (!opened) continue;
      for (const way of group.ways) {
        rows.push({
          kind: 'way',
          id: `way ${endpointKey(way.endpoint)}`,
          group,
          way,
          isSelected: isChosen(way),
        });
      }
    }
  }
  return rows;
}
