/**
 * Each model owns one cable colour, in every view and for good. The slot is worked out from the
 * model's id alone, so that it needs no storage and cannot change between two windows.
 */

export const CABLE_COLOURS = 6;

/** The slot, 0 to 5, of a canonical model id such as `anthropic/claude-sonnet-4.6` (FNV-1a, folded). */
export function cableSlot(modelId: string): number {
  let hash = 0x811c9dc5;
  for (const character of modelId) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return ((hash ^ (hash >>> 15)) >>> 0) % CABLE_COLOURS;
}

/** The CSS colour of a model, light and dark alike. */
export function cableColour(modelId: string): string {
  return `var(--cable-${cableSlot(modelId) + 1})`;
}
