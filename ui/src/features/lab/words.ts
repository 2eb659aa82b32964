/** Figures of the latency lab in words: medians, intervals, what is added, what it costs. */

import { formatMoney } from '../../lib/format';
import type {
  CostView,
  LabEstimate,
  LabFigure,
  LabRowView,
  LabView,
} from '../../lib/ipc/gen/types';
import { count } from '../models/words';

/** A real minus sign, as wide as a digit in the mono face. */
const MINUS = '−';
/** With fewer, no two of them are sure to lie around the median. */
export const SAMPLES_FOR_INTERVAL = 6;

/** "655 ms", "0.4 ms", "4.92 s": one digit more than elsewhere, since here the differences are the point. */
export function millisWords(milliseconds: number): string {
  const [amount, unit] = amountOf(milliseconds, unitFor(milliseconds));
  return `${amount} ${unit}`;
}

/** "+120 ms", "−3 ms", "0 ms". */
export function addedWords(milliseconds: number): string {
  return `${signOf(milliseconds)}${millisWords(Math.abs(milliseconds))}`;
}

/** "604–655 ms", both ends in the same unit; `null` where there is no interval. */
export function intervalWords({ low, high }: LabFigure): string | null {
  if (low === null || high === null) return null;
  const unit = unitFor(high);
  return `${amountOf(low, unit)[0]}–${amountOf(high, unit).join(' ')}`;
}

/** "+98 to +141 ms". */
export function addedIntervalWords({ low, high }: LabFigure): string | null {
  if (low === null || high === null) return null;
  const unit = unitFor(Math.max(Math.abs(low), Math.abs(high)));
  const side = (value: number) => `${signOf(value)}${amountOf(Math.abs(value), unit)[0]}`;
  return `${side(low)} to ${side(high)} ${unit}`;
}

function unitFor(milliseconds: number): 'ms' | 's' {
  return Math.abs(milliseconds) < 9_999.5 ? 'ms' : 's';
}

function amountOf(milliseconds: number, unit: 'ms' | 's'): [string, string] {
  if (unit === 's') return [(milliseconds / 1000).toFixed(2), unit];
  const isFine = Math.abs(milliseconds) < 10 && !Number.isInteger(milliseconds);
  return [isFine ? milliseconds.toFixed(1) : grouped.format(milliseconds), unit];
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function signOf(value: number): string {
  if (value === 0) return '';
  return value > 0 ? '+' : MINUS;
}

export function costWords({ nanoUsd, kind }: CostView): string {
  return formatMoney(nanoUsd, { estimated: kind === 'estimated' });
}

/** "80 requests, at most ~$0.0064", or what is not known of it. */
export function estimateWords({ nanoUsd, totalNanoUsd, requests }: LabEstimate): string {
  const asked = count(requests, 'request');
  if (totalNanoUsd !== null) {
    return totalNanoUsd === 0
      ? `${asked}, free`
      : `${asked}, at most about ${formatMoney(totalNanoUsd)}`;
  }
  const known = nanoUsd.filter((amount) => amount !== null);
  if (known.length === 0) return `${asked}, cost unknown`;
  const sum = known.reduce((all, one) => all + one, 0);
  const unknown = count(nanoUsd.length - known.length, 'way in', 'ways in');
  return `${asked}, at least about ${formatMoney(sum)}, and unknown for ${unknown}`;
}

/** "4 ways in, 20 rounds", and what became of it. */
export function labWords(lab: LabView): string {
  const { endpoints, rounds } = lab.request;
  return `${count(endpoints.length, 'way in', 'ways in')}, ${count(rounds, 'round')}${stateWords(lab)}`;
}

function stateWords({ isRunning, isStopped, done, total }: LabView): string {
  if (isRunning) return `, ${done} of ${total} done`;
  return isStopped ? `, stopped after ${done} of ${total}` : '';
}

export interface RowName {
  /** The provider, and the host behind it. */
  way: string;
  model: string;
}

/** The name of a row in its two parts. */
export function rowName({ name, endpoint: { model } }: LabRowView): RowName {
  const ending = `, ${model}`;
  const way = name.endsWith(ending) ? name.slice(0, -ending.length) : name;
  return { way, model };
}

/** The models that were asked, each once; providers that sell many write the maker before the name. */
export function modelNames(lab: LabView): string[] {
  return [...new Set(lab.rows.map(({ endpoint }) => endpoint.model.split('/').at(-1) ?? ''))];
}

/** "claude-sonnet-4.6", or how many there are. */
export function modelsOf(lab: LabView): string {
  const [first, ...others] = modelNames(lab);
  return first !== undefined && others.length === 0 ? first : count(others.length + 1, 'model');
}

/** "2 of 20 failed". */
export function failureWords({ answered, failed }: LabRowView): string {
  return `${failed} of ${answered + failed} failed`;
}
