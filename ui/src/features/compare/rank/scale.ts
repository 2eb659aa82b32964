/** Where values lie on an axis, and the round figures that are written on it. */

export interface Scale {
  from: number;
  to: number;
  ticks: readonly number[];
  /** 0 to 1. */
  placeOf: (value: number) => number;
}

const STEPS = [1, 2, 2.5, 5, 10];
/** Room at both ends, as a share of what is shown. */
const MARGIN = 0.1;

/** Reaches over all values with some room; `null` without any. */
export function scaleOver(values: readonly number[], mostTicks = 4): Scale | null {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const margin = high > low ? (high - low) * MARGIN : Math.max(Math.abs(high) * MARGIN, 1e-9);
  // What cannot be below zero has no axis below zero.
  const from = low >= 0 ? Math.max(0, low - margin) : low - margin;
  const to = high + margin;
  const step = stepFor((to - from) / mostTicks);
  const ticks: number[] = [];
  for (let count = Math.ceil(from / step); count * step <= to; count += 1) ticks.push(count * step);
  return { from, to, ticks, placeOf: (value) => (value - from) / (to - from) };
}

function stepFor(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (STEPS.find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
}
