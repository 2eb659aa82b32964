/** What can be done from the keyboard while answers are compared. */

import type { WindowState } from '../../lib/state/index.svelte';
import type { Action } from './actions';

export const isComparing = (state: WindowState) => state.application.view.kind === 'compare';

const hasTable = (state: WindowState) => isComparing(state) && state.comparisons.shown.isTable;

/** The column in which the focus stands; the first where it stands in none. */
function columnWithFocus({ comparisons }: WindowState): number | null {
  const column = document.activeElement?.closest<HTMLElement>('[data-column]');
  return column ? Number(column.dataset['column']) : (comparisons.shown.order[0] ?? null);
}

export const COMPARE_ACTIONS: readonly Action[] = [
  {
    id: 'new-comparison',
    label: 'New comparison',
    group: 'Compare',
    keys: 'Ctrl+Shift+N',
    keywords: 'compare models',
    run: (state) => state.newComparison(),
  },
  {
    id: 'run-comparison',
    label: 'Run the comparison',
    group: 'Compare',
    keys: 'Ctrl+Enter',
    isAvailable: (state) => isComparing(state) && state.comparisons.draft.canRun,
    run: (state) => void state.comparisons.run(),
  },
  {
    id: 'focus-column',
    label: 'Focus one column',
    group: 'Compare',
    bareKey: 'f',
    isAvailable: (state) => isComparing(state) && state.comparisons.shown.place !== null,
    run: (state) => {
      const { comparisons } = state;
      comparisons.focused = comparisons.focused === null ? columnWithFocus(state) : null;
    },
  },
  {
    id: 'leave-case',
    label: 'All columns, then all cases',
    group: 'Compare',
    bareKey: 'Escape',
    isHidden: true,
    isAvailable: (state) =>
      isComparing(state) &&
      (state.comparisons.focused !== null || (hasTable(state) && hasPlace(state))),
    run: ({ comparisons }) => {
      if (comparisons.focused !== null) comparisons.focused = null;
      else void comparisons.shown.openCase(null);
    },
  },
  {
    id: 'next-case',
    label: 'Next case',
    group: 'Compare',
    isAvailable: hasTable,
    run: (state) => void state.comparisons.shown.stepCase(1),
  },
  {
    id: 'previous-case',
    label: 'Previous case',
    group: 'Compare',
    isAvailable: hasTable,
    run: (state) => void state.comparisons.shown.stepCase(-1),
  },
  {
    id: 'comparison-setup',
    label: 'Set up the comparison',
    group: 'Compare',
    keywords: 'prompts rows variables csv checks repeats limit',
    isAvailable: (state) => isComparing(state) && !state.comparisons.isRunning,
    run: (state) => {
      state.application.overlay = { kind: 'comparison' };
    },
  },
  {
    id: 'replay-past',
    label: 'Replay my past…',
    group: 'Compare',
    keywords: 'history questions another model blind what would it have cost',
    run: (state) => state.replayPast(),
  },
  {
    id: 'what-changed',
    label: 'What changed between two rounds?',
    group: 'Compare',
    keywords: 'against difference older newer regression',
    isAvailable: (state) =>
      isComparing(state) && (state.comparisons.opened?.rounds.length ?? 0) > 1,
    run: (state) => {
      state.application.overlay = { kind: 'against' };
    },
  },
  {
    id: 'rename-comparison',
    label: 'Rename this comparison',
    group: 'Compare',
    isAvailable: (state) => isComparing(state) && state.comparisons.openId !== null,
    run: (state) => state.startRenaming(state.comparisons.openId),
  },
];

function hasPlace({ comparisons }: WindowState): boolean {
  return comparisons.shown.place !== null;
}
