/**
 * How numbers read on screen, in one place, so that the same amount never has two spellings. Numbers
 * only: nothing here decides what something costs. What Rust says has the same rules for money
 * (`domain/src/amount.rs`); both are held to `domain/tests/money-words.json`.
 */

const NANO_PER_DOLLAR = 1_000_000_000;
const NANO_PER_TEN_THOUSANDTH = 100_000;
const NANO_PER_CENT = 10_000_000;
/** A real minus sign, as wide as a digit in the mono face. */
const MINUS = '−';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

export interface MoneyOptions {
  /** Marks the amount as an estimate with a leading "~". */
  estimated?: boolean;
}

/**
 * An amount in nano-dollars: to the fourth decimal below one dollar, to the cent above. `null` is an
 * amount nobody knows, which is written out and never shown as zero.
 */
export function formatMoney(
  nanoDollars: number | null | undefined,
  { estimated = false }: MoneyOptions = {},
): string {
  if (nanoDollars === null || nanoDollars === undefined) return 'unknown';
  const sign = `${estimated ? '~' : ''}${nanoDollars < 0 ? MINUS : ''}`;
  const size = Math.abs(nanoDollars);

  if (size > 0 && size < NANO_PER_TEN_THOUSANDTH) return `${sign}<$0.0001`;
  const tenThousandths = Math.round(size / NANO_PER_TEN_THOUSANDTH);
  if (tenThousandths < 10_000) return `${sign}$0.${String(tenThousandths).padStart(4, '0')}`;
  return `${sign}$${cents.format(Math.round(size / NANO_PER_CENT) / 100)}`;
}

/**
 * The whole amount in nano-dollars, at least four decimals and at most nine, for the receipt, where a
 * sum must be seen to add up.
 */
export function formatExactMoney(
  nanoDollars: number | null | undefined,
  { estimated = false }: MoneyOptions = {},
): string {
  if (nanoDollars === null || nanoDollars === undefined) return 'unknown';
  const sign = `${estimated ? '~' : ''}${nanoDollars < 0 ? MINUS : ''}`;
  const size = Math.abs(nanoDollars);
  const dollars = whole.format(Math.floor(size / NANO_PER_DOLLAR));
  const rest = String(size % NANO_PER_DOLLAR).padStart(9, '0');
  return `${sign}$${dollars}.${rest.slice(0, 4)}${rest.slice(4).replace(/0+$/, '')}`;
}

/** What a person has set, to its last digit and at least to the cent: a limit is never shown as another one. */
export function formatLimit(nanoDollars: number | null | undefined): string {
  if (nanoDollars === null || nanoDollars === undefined) return 'unknown';
  const sign = nanoDollars < 0 ? MINUS : '';
  const size = Math.abs(nanoDollars);
  const rest = String(size % NANO_PER_DOLLAR).padStart(9, '0');
  const more = rest.slice(2).replace(/0+$/, '');
  return `${sign}$${whole.format(Math.floor(size / NANO_PER_DOLLAR))}.${rest.slice(0, 2)}${more}`;
}

/** A length of time in milliseconds: "655 ms", "4.9 s", "42 s", "2 min 5 s", "1 h 3 min". */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return 'unknown';
  const rounded = Math.round(milliseconds);
  if (rounded < 1000) return `${rounded} ms`;
  const tenths = Math.round(rounded / 100);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)} s`;

  const seconds = Math.round(rounded / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return withRest(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  return withRest(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

function withRest(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** A count in full, with separators: "2,148". */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return 'unknown';
  return whole.format(count);
}

/** A large count in few characters, for limits and contexts: "950", "128K", "1M", "1.5M". */
export function formatCompactCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return 'unknown';
  if (count < 1000) return String(Math.round(count));
  const thousands = Math.round(count / 1000);
  if (thousands < 1000) return `${thousands}K`;
  const millions = Math.round(count / 100_000) / 10;
  return `${millions}M`;
}

/** Tokens a second: "138/s", and one decimal below ten, where it still tells models apart. */
export function formatSpeed(tokensPerSecond: number | null | undefined): string {
  if (tokensPerSecond === null || tokensPerSecond === undefined) return 'unknown';
  if (!Number.isFinite(tokensPerSecond)) return 'unknown';
  return tokensPerSecond < 9.95
    ? `${tokensPerSecond.toFixed(1)}/s`
    : `${whole.format(tokensPerSecond)}/s`;
}

const two = (part: number) => String(part).padStart(2, '0');

/** A day as the contract writes it: "2026-11-26", in the zone of this computer. */
export function isoDay(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The time of day with seconds: "09:41:07", in the zone of this computer. */
export function formatTimeOfDay(timestampMs: number): string {
  const time = new Date(timestampMs);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/**
 * The heading a conversation stands under: "Today", "Yesterday", the weekday within the last week, the
 * month, and the month with its year when that is not this one. Counts calendar days of this
 * computer's zone, so that a day with 23 or 25 hours is still one day.
 */
export function dayGroup(timestampMs: number, nowMs: number): string {
  const day = new Date(timestampMs);
  const today = new Date(nowMs);
  const daysAgo = calendarDay(today) - calendarDay(day);

  if (daysAgo <= 0) return 'Today';
  if (daysAgo === 1) return 'Yesterday';
  if (daysAgo < 7) return day.toLocaleDateString('en-US', { weekday: 'long' });
  if (day.getFullYear() === today.getFullYear()) {
    return day.toLocaleDateString('en-US', { month: 'long' });
  }
  return day.toLocaleDateString('en-US', { month: 'long', year: 'numeric' });
}

function calendarDay(date: Date): number {
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

export interface DayGroup<Item> {
  heading: string;
  items: Item[];
}

/** Cuts a list that is already newest first into runs under one heading each. */
export function groupByDay<Item>(
  items: readonly Item[],
  timestampOf: (item: Item) => number,
  nowMs: number,
): DayGroup<Item>[] {
  const groups: DayGroup<Item>[] = [];
  for (const item of items) {
    const heading = dayGroup(timestampOf(item), nowMs);
    const last = groups.at(-1);
    if (last?.heading === heading) last.items.push(item);
    else groups.push({ heading, items: [item] });
  }
  return groups;
}

/**
 * A rate in nano-dollars for whatever it is for, to its last digit and without needless zeros: "$3",
 * "$0.15", "$0.60", "$0.075". A rate is never rounded, since a bill is worked out from it.
 */
export function formatRate(nanoDollars: number | null | undefined): string {
  if (nanoDollars === null || nanoDollars === undefined) return 'unknown';
  const sign = nanoDollars < 0 ? MINUS : '';
  const size = Math.abs(nanoDollars);
  const dollars = whole.format(Math.floor(size / NANO_PER_DOLLAR));
  const rest = String(Math.round(size % NANO_PER_DOLLAR))
    .padStart(9, '0')
    .replace(/0+$/, '');
  return rest === '' ? `${sign}$${dollars}` : `${sign}$${dollars}.${rest.padEnd(2, '0')}`;
}

/** A day in full: "20 Nov 2026", in the zone of this computer. */
export function formatDay(timestampMs: number): string {
  return new Date(timestampMs).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
}

/** How long ago: "just now", "5 min ago", "3 h ago", "2 days ago", and the day after a month. */
export function formatAgo(timestampMs: number, nowMs: number): string {
  const minutes = Math.floor((nowMs - timestampMs) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.floor(hours / 24);
  if (days <= 30) return days === 1 ? '1 day ago' : `${days} days ago`;
  return formatDay(timestampMs);
}
