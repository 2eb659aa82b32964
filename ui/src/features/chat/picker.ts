/** Routes, then the models, in the order in which the picker offers them, under their headings. */

import type { ModelView, RouteView, TargetView } from '../../lib/ipc/gen/types';
import { endpointKey, isSameEndpoint } from '../../lib/state/endpoints';
import { endpointTarget, isSameTarget } from '../../lib/state/targets';
import { defaultWay, sortGroups, targetOf, type ModelGroup } from '../models/groups';

export type PickerRow =
  | { kind: 'heading'; id: string; title: string }
  | {
      kind: 'model';
      id: string;
      group: ModelGroup;
      /** The way in whose facts are shown. */
      way: ModelView;
      /** What a press takes: the way in that is chosen already, or the model by any of its ways in. */
      target: TargetView;
      isOpen: boolean;
      isSelected: boolean;
    }
  /** Below an unfolded model: all of its ways in. */
  | { kind: 'any'; id: string; group: ModelGroup; target: TargetView; isSelected: boolean }
  | {
      kind: 'way';
      id: string;
      group: ModelGroup;
      way: ModelView;
      target: TargetView;
      isSelected: boolean;
    }
  | { kind: 'route'; id: string; route: RouteView; target: TargetView; isSelected: boolean }
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

/** Routes whose name holds every word of the search. */
export function routeRows(
  routes: readonly RouteView[],
  selected: TargetView | null,
  search: string,
): PickerRow[] {
  const words = search.toLowerCase().split(/\s+/);
  const found = routes.filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  const rows = found.flatMap((route): PickerRow[] => {
    if (route.id === null) return [];
    const target: TargetView = { kind: 'route', id: route.id };
    const isSelected = isSameTarget(target, selected);
    return [{ kind: 'route', id: `route ${route.id}`, route, target, isSelected }];
  });
  if (rows.length === 0) return [];
  return [{ kind: 'heading', id: 'heading routes', title: 'Routes' }, ...rows];
}

export function pickerRows(
  groups: readonly ModelGroup[],
  selected: TargetView | null,
  isOpen: (key: string) => boolean,
): PickerRow[] {
  const isChosen = (way: ModelView) =>
    selected?.kind === 'endpoint' && isSameEndpoint(way.endpoint, selected.endpoint);
  const rows: PickerRow[] = [];
  for (const [title, section] of sectionsOf(groups)) {
    rows.push({ kind: 'heading', id: `heading ${title}`, title });
    for (const group of section) {
      const chosen = group.ways.find(isChosen);
      const opened = group.ways.length > 1 && isOpen(group.key);
      const way = chosen ?? defaultWay(group);
      const any: TargetView = { kind: 'model', key: group.key };
      const isAnySelected = isSameTarget(any, selected);
      rows.push({
        kind: 'model',
        id: `model ${group.key}`,
        group,
        way,
        target: chosen ? endpointTarget(chosen.endpoint) : targetOf(group),
        isOpen: opened,
        isSelected: chosen !== undefined || isAnySelected,
      });
      if (!opened) continue;
      const id = `any ${group.key}`;
      rows.push({ kind: 'any', id, group, target: any, isSelected: isAnySelected });
      for (const way of group.ways) {
        rows.push({
          kind: 'way',
          id: `way ${endpointKey(way.endpoint)}`,
          group,
          way,
          target: endpointTarget(way.endpoint),
          isSelected: isChosen(way),
        });
      }
    }
  }
  return rows;
}
