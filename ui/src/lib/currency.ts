/**
 * Dollars in another currency, for the eye only: what is kept and added up is dollars. Whole numbers all
 * the way, so that nothing drifts.
 */

import type { CurrencyView } from './ipc/gen/types';

const NANO_DIGITS = 9;
const MINUS = '−';
const whole = new Intl.NumberFormat('en-US');

/** Decimal text as digits without the point, and how many of them are behind it. */
function digitsOf(decimal: string): { digits: bigint; places: number } | null {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(decimal.trim());
  if (!parts) return null;
  const [, wholes = '', rest = ''] = parts;
  return { digits: BigInt(wholes + rest), places: rest.length };
}

/**
 * "0.3521 EUR": to the fourth decimal below one, to the second above, as dollars are. `null` where the
 * amount is not known or the rate cannot be read.
 */
export function formatInCurrency(
  nanoUsd: number | null | undefined,
  { code, perUsd }: Pick<CurrencyView, 'code' | 'perUsd'>,
): string | null {
  const rate = digitsOf(perUsd);
  if (nanoUsd === null || nanoUsd === undefined || rate === null) return null;
  const size = BigInt(Math.abs(Math.round(nanoUsd))) * rate.digits;
  const places = NANO_DIGITS + rate.places;
  const sign = nanoUsd < 0 ? MINUS : '';
  if (size > 0n && size < 10n ** BigInt(places - 4)) return `${sign}<0.0001 ${code}`;
  const decimals = rounded(size, places, 4) < 10_000n ? 4 : 2;
  const shown = rounded(size, places, decimals);
  const scale = 10n ** BigInt(decimals);
  const wholes = whole.format(shown / scale);
  return `${sign}${wholes}.${String(shown % scale).padStart(decimals, '0')} ${code}`;
}

/** Halves go up, away from zero. */
function rounded(size: bigint, places: number, decimals: number): bigint {
  const unit = 10n ** BigInt(places - decimals);
  return (size + unit / 2n) / unit;
}

/** "at 0.92 of 2026-11-20", and where that was found. */
export function rateWords({ perUsd, asOf, source }: CurrencyView): string {
  return `at ${perUsd} of ${asOf}${source === '' ? '' : `, ${source}`}`;
}
