import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { agreementOf } from './agreement';
import { bestOf, type AnswerFigures } from './best';
import { textLikeness } from './likeness';
import { markdown } from './testing';

describe('likeness of two texts', () => {
  it('is 1 for equal texts, within 0 and 1, and the same from both sides', () => {
    fc.assert(
      fc.property(markdown, markdown, (first, second) => {
        expect(textLikeness(first, first)).toBe(1);
        const likeness = textLikeness(first, second);
        expect(likeness).toBeGreaterThanOrEqual(0);
        expect(likeness).toBeLessThanOrEqual(1);
        expect(textLikeness(second, first)).toBe(likeness);
      }),
    );
  });

  it('falls with what differs', () => {
    const one = 'A bounded channel gives you back-pressure for free.';
    const near = textLikeness(one, 'A bounded channel gives you back-pressure at no cost.');
    const far = textLikeness(one, 'Cats like warm windows.');
    expect(near).toBeGreaterThan(0.5);
    expect(far).toBe(0);
    expect(textLikeness('', 'word')).toBe(0);
  });
});

describe('agreement', () => {
  it('is 1 without any spread for equal texts', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 2, max: 5 }), (text, count) => {
        const agreement = agreementOf(Array.from({ length: count }, () => text));
        expect(agreement).toMatchObject({
          count,
          mean: 1,
          lowest: 1,
          highest: 1,
          deviation: 0,
          exactShare: 1,
        });
      }),
    );
  });

  it('tells the pairs that differ, and those equal but for the spaces around them', () => {
    const agreement = agreementOf([
      'The answer is four.',
      ' The answer is four.\n',
      'Cats like windows.',
    ]);
    expect(agreement.highest).toBe(1);
    expect(agreement.lowest).toBe(0);
    expect(agreement.mean).toBeCloseTo(1 / 3);
    expect(agreement.exactShare).toBeCloseTo(1 / 3);
  });

  it('says nothing of one text or none', () => {
    expect(agreementOf([])).toMatchObject({ count: 0, mean: null, exactShare: null, figures: [] });
    expect(agreementOf(['64 messages'])).toMatchObject({
      mean: null,
      deviation: null,
      figures: [],
    });
  });

  it('gives the spread of the figures about the same thing', () => {
    const says = (size: string) => `The buffer holds ${size} messages and costs $5.`;
    const { figures } = agreementOf([says('64'), says('1,024'), says('128'), 'No figure at all.']);
    expect(figures).toContainEqual({
      name: 'holds … messages',
      count: 3,
      min: 64,
      median: 128,
      max: 1024,
    });
    expect(figures).toContainEqual({ name: 'costs', count: 3, min: 5, median: 5, max: 5 });
    expect(agreementOf(['42', '44']).figures).toEqual([
      { name: '', count: 2, min: 42, median: 43, max: 44 },
    ]);
  });

  it('keeps the unit in which a figure was given', () => {
    const { figures } = agreementOf(['It takes 30 ms here.', 'It takes 50 ms here.']);
    expect(figures).toMatchObject([{ min: 30, median: 40, max: 50 }]);
    const mixed = agreementOf(['It takes 30 ms here.', 'It takes 2 s here.']);
    expect(mixed.figures).toEqual([]);
  });
});

describe('the best', () => {
  const answer = (id: string, figures: Partial<AnswerFigures> = {}): AnswerFigures => ({
    id,
    failed: false,
    firstTokenMillis: null,
    tokensPerSecond: null,
    nanoUsd: null,
    outputTokens: null,
    ...figures,
  });

  it('is the soonest, the fastest, the cheapest and the shortest', () => {
    const best = bestOf([
      answer('a', { firstTokenMillis: 400, tokensPerSecond: 90, nanoUsd: 0, outputTokens: 300 }),
      answer('b', { firstTokenMillis: 300, tokensPerSecond: 120, nanoUsd: 5, outputTokens: 200 }),
      answer('c', { tokensPerSecond: 120, outputTokens: 900 }),
    ]);
    expect(best).toEqual({ firstToken: ['b'], speed: ['b', 'c'], cost: ['a'], length: ['b'] });
  });

  it('is nobody where only one has the figure', () => {
    expect(bestOf([answer('a', { nanoUsd: 1 }), answer('b')]).cost).toEqual([]);
    expect(bestOf([])).toEqual({ firstToken: [], speed: [], cost: [], length: [] });
  });

  it('is never an answer that failed', () => {
    const answers = [
      answer('a', { firstTokenMillis: 5, failed: true }),
      answer('b', { firstTokenMillis: 9 }),
      answer('c', { firstTokenMillis: 8 }),
    ];
    expect(bestOf(answers).firstToken).toEqual(['c']);
    expect(bestOf(answers.slice(0, 2)).firstToken).toEqual([]);
  });
});
