/**
 * Colours of groups. A model has its cable; anything else keeps the colour it was given first, for as
 * long as the window is open. There are six, so two groups of one colour differ in their pattern.
 */

import { CABLE_COLOURS, cableSlot } from '../../../lib/cable-colour';
import type { CostKind } from '../../../lib/ipc/gen/types';
import { OTHERS, type Part } from './drawing';

export const PATTERNS = ['plain', 'stripes', 'dots', 'checks'] as const;
export type Pattern = (typeof PATTERNS)[number];

export interface Look {
  /** 0 to 5; `null` for what has none. */
  slot: number | null;
  pattern: Pattern;
}

export const colourOf = ({ slot }: Pick<Look, 'slot'>) =>
  slot === null ? 'var(--line-strong)' : `var(--cable-${slot + 1})`;

/** How a cost is known looks the same wherever that is told. */
export const KIND_LOOKS: Readonly<Record<CostKind, Look>> = {
  reported: { slot: 3, pattern: 'plain' },
  computed: { slot: 1, pattern: 'plain' },
  estimated: { slot: 4, pattern: 'stripes' },
  unknown: { slot: null, pattern: 'stripes' },
};

export class Palette {
  readonly #slots = new Map<string, number>();

  /** For parts that are drawn together. */
  looksOf(parts: readonly Part[], split: string): Look[] {
    if (split === 'cost_kind') return parts.map(({ key }) => KIND_LOOKS[key as CostKind]);
    const taken = new Set<number>();
    const seen = new Map<number | null, number>();
    return parts.map((part) => {
      const slot = this.#slotOf(part, split, taken);
      if (slot !== null) taken.add(slot);
      const before = seen.get(slot) ?? 0;
      seen.set(slot, before + 1);
      const pattern = PATTERNS[before % PATTERNS.length] ?? 'plain';
      return { slot, pattern: slot === null ? 'stripes' : pattern };
    });
  }

  #slotOf({ key, group }: Part, split: string, taken: ReadonlySet<number>): number | null {
    if (key === OTHERS) return null;
    if (group && group.colour !== null) return group.colour % CABLE_COLOURS;
    const name = `${split} ${key}`;
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const first = cableSlot(name);
    const tries = Array.from(
      { length: CABLE_COLOURS },
      (_, step) => (first + step) % CABLE_COLOURS,
    );
    const slot = tries.find((each) => !taken.has(each)) ?? first;
    this.#slots.set(name, slot);
    return slot;
  }
}

export const palette = new Palette();
