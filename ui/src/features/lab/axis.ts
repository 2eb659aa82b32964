/** One axis for all rows of a measurement, so that their bars can be held against each other. */

import type { LabFigure } from '../../lib/ipc/gen/types';

export interface Axis {
  from: number;
  to: number;
  /** Round figures within it, in milliseconds. */
  ticks: number[];
}

const MOST_TICKS = 4;
const STEPS = [1, 2, 5, 10];
/** Room at both ends, as a share of what is shown. */
const MARGIN = 0.12;

/** Reaches over every interval; begins at zero where zero is not far. `null` where nothing was timed. */
export function axisFor(figures: readonly (LabFigure | null)[]): Axis | null {
  const ends = figures.flatMap((figure) =>
    figure ? [figure.low ?? figure.median, figure.median, figure.high ?? figure.median] : [],
  );
  if (ends.length === 0) return null;
  const low = Math.min(...ends);
  const high = Math.max(...ends);
  const margin = Math.max((high - low) * MARGIN, high * 0.02, 1);
  const isNearZero = low < high * 0.4;
  const from = isNearZero ? Math.min(0, low) : Math.max(low - margin, 0);
  const to = high + margin;
  const step = stepFor(to - from);
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick);
  return { from, to, ticks };
}

function stepFor(length: number): number {
  const rough = length / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.find((factor) => factor * power >= rough) ?? 10;
  return Math.max(step * power, 1);
}

/** Where a time stands on it, 0 to 100. */
export function placeOn({ from, to }: Axis, milliseconds: number): number {
  return Math.min(Math.max(((milliseconds - from) / (to - from)) * 100, 0), 100);
}
