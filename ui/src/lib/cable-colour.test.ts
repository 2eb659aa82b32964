import { describe, expect, it } from 'vitest';

import { CABLE_COLOURS, cableColour, cableSlot } from './cable-colour';

describe('cable colours', () => {
  // Written out on purpose: people learn a model's colour, so a change here would repaint every chat.
  it.each([
    ['anthropic/claude-sonnet-4.6', 2],
    ['openai/gpt-6.1', 1],
    ['deepseek/deepseek-chat', 0],
    ['huggingfacetb/smollm2-135m-instruct', 4],
  ])('keeps the colour of %s', (modelId, slot) => {
    expect(cableSlot(modelId)).toBe(slot);
    expect(cableColour(modelId)).toBe(`var(--cable-${slot + 1})`);
  });

  it('uses every colour about as often', () => {
    const counts = new Array<number>(CABLE_COLOURS).fill(0);
    for (let index = 0; index < 6000; index += 1) {
      const slot = cableSlot(`maker-${index % 37}/model-${index}`);
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
