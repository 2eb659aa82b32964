import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readWhole } from './blocks';
import { BlockHeights, roomFor } from './heights';
import type { BlockNode } from './nodes';

const paragraph = (text: string): BlockNode => ({
  kind: 'paragraph',
  source: text,
  inline: [{ kind: 'text', text, places: [0, 0] }],
});

function blocksOf(count: number): BlockNode[] {
  return Array.from({ length: count }, (_, index) => paragraph(`word ${index}`));
}

describe('the heights of blocks', () => {
  it('are what was measured, and else guessed by kind', () => {
    const blocks = readWhole(
      '# A\n\none\n\n```\na\nb\nc\nd\ne\nf\n```\n\n- x\n- y\n\n> z\n\n---\n',
    );
    const heights = new BlockHeights();
    heights.setBlocks(blocks);
    const guessed = heights.total;
    expect(guessed).toBeGreaterThan(150);
    expect(heights.measure(2, 400)).toBe(true);
    expect(heights.measure(2, 400)).toBe(false);
    expect(heights.top(3) - heights.top(2)).toBe(400);
  });

  it('find the block at a place, whatever was measured in which order', () => {
    const extents = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(extents, fc.infiniteStream(fc.nat()), fc.nat(20_000), (all, order, place) => {
        const heights = new BlockHeights();
        heights.setBlocks(blocksOf(all.length));
        const waiting = [...all.keys()];
        while (waiting.length > 0) {
          const [index = 0] = waiting.splice((order.next().value ?? 0) % waiting.length, 1);
          // What is asked in between must not keep what is old.
          heights.top(all.length);
          heights.measure(index, all[index] ?? 0);
        }
        let top = 0;
        const tops = all.map((extent) => (top += extent) - extent);
        expect(tops.map((_, index) => heights.top(index))).toEqual(tops);
        expect(heights.total).toBe(top);
        const at = tops.findLastIndex((begin) => begin <= place);
        expect(heights.indexAt(place)).toBe(at);
      }),
    );
  });

  it('stay with blocks that stay, and are forgotten with the width', () => {
    const blocks = blocksOf(5);
    const heights = new BlockHeights();
    heights.setBlocks(blocks);
    for (const index of blocks.keys()) heights.measure(index, 100);
    heights.setBlocks([...blocks.slice(0, 4), paragraph('longer '.repeat(200)), paragraph('new')]);
    expect(heights.top(4)).toBe(400);
    expect(heights.top(5)).toBeGreaterThan(600);
    heights.setBlocks(blocks.slice(0, 2));
    expect(heights.total).toBe(200);
    heights.setWidth(200);
    expect(heights.total).not.toBe(200);
    heights.setBlocks([]);
    expect(heights.total).toBe(0);
    expect(heights.indexAt(50)).toBe(0);
  });
});

describe('room for text that grows', () => {
  it('is none on the first screen, holds the text after it, and grows seldom', () => {
    expect(roomFor(300, 500, true)).toBe(0);
    for (const isEndInSight of [true, false]) {
      const rooms = new Set<number>();
      for (let total = 400; total <= 40_000; total += 10) {
        const room = roomFor(total, 500, isEndInSight);
        rooms.add(room);
        expect(room).toBeGreaterThanOrEqual(total);
        expect(room).toBeLessThanOrEqual(isEndInSight ? total + 600 : 2 * total + 200);
      }
      expect(rooms.size).toBeLessThanOrEqual(isEndInSight ? 81 : 9);
    }
  });
});
