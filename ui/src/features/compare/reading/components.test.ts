import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeAll, describe, expect, it, vi } from 'vitest';

import { findCommonGround } from './common-ground';
import CommonGround from './CommonGround.svelte';
import DifferenceView from './DifferenceView.svelte';
import type { Reading } from './reading';

const SAME = 'A bounded channel gives you back-pressure for free.';
const readings: Reading[] = [
  {
    id: 'a',
    label: 'gpt',
    colour: 0,
    text: `${SAME} The buffer holds 64 messages here. Cats like <b>warm</b> windows.`,
  },
  {
    id: 'b',
    label: 'claude',
    colour: 1,
    text: `${SAME} The buffer holds 128 messages here. The moon has no air.`,
  },
  { id: 'c', label: 'deepseek', colour: 2, text: SAME },
];

beforeAll(() => {
  // jsdom has neither; bits-ui asks for them when a list opens.
  Object.assign(Element.prototype, {
    hasPointerCapture: () => false,
    releasePointerCapture: () => undefined,
  });
});

describe('DifferenceView', () => {
  it('marks what is taken out and put in by elements and words', () => {
    const { container } = render(DifferenceView, { readings: readings.slice(0, 2) });
    const [out] = container.querySelectorAll('del');
    const [put] = container.querySelectorAll('ins');
    expect(out?.textContent).toBe('taken out: 64, end');
    expect(put?.textContent).toBe('put in: 128, end');
    expect(screen.getByText(/^−/).textContent).toBe('−5');
    expect(screen.getByText(/^\+/).textContent).toBe('+6');
    // HTML in an answer is text.
    expect(container.querySelector('.page b')).toBeNull();
  });

  it('goes from change to change by J, N, K and P, and says what each is', async () => {
    const user = userEvent.setup();
    const { container } = render(DifferenceView, { readings: readings.slice(0, 2) });
    screen.getByRole('group', { name: 'gpt against claude' }).focus();
    await user.keyboard('j');
    expect(screen.getByText('Change 1 of 2: “64” became “128”')).toBeTruthy();
    expect(container.querySelector('del.current')?.textContent).toContain('64');
    await user.keyboard('n');
    expect(screen.getByText(/^Change 2 of 2/)).toBeTruthy();
    await user.keyboard('p');
    expect(screen.getByText(/^Change 1 of 2/)).toBeTruthy();
    await user.keyboard('k');
    expect(screen.getByText(/^Change 2 of 2/)).toBeTruthy();
    await user.keyboard('j');
    expect(screen.getByText(/^Change 1 of 2/)).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Next change' }));
    expect(screen.getByText(/^Change 2 of 2/)).toBeTruthy();
  });

  it('keeps its keys to itself', async () => {
    const outside = vi.fn();
    document.addEventListener('keydown', outside);
    render(DifferenceView, { readings: readings.slice(0, 2) });
    screen.getByRole('group', { name: 'gpt against claude' }).focus();
    await userEvent.setup().keyboard('jx');
    expect(outside.mock.calls.map(([event]) => (event as KeyboardEvent).key)).toEqual(['x']);
    document.removeEventListener('keydown', outside);
  });

  it('compares any two', async () => {
    const user = userEvent.setup();
    render(DifferenceView, { readings, before: 'c', after: 'c' });
    expect(screen.getByText('The two are the same, letter for letter.')).toBeTruthy();
    screen.getByRole('combobox', { name: /^To/ }).focus();
    // Letters find an answer by its name, in the closed list too, and move no change.
    await user.keyboard('cl');
    expect(screen.getByRole('group', { name: 'deepseek against claude' })).toBeTruthy();
    expect(screen.queryByText('The two are the same, letter for letter.')).toBeNull();
  });
});

describe('CommonGround', () => {
  it('lists what all say, what they differ on and what one says, and leads there', async () => {
    const user = userEvent.setup();
    const onjump = vi.fn();
    const ground = findCommonGround(readings);
    render(CommonGround, { readings, ground, onjump });

    const all = within(screen.getByRole('region', { name: 'All 3 say 1' }));
    await user.click(all.getByRole('button', { name: `gpt: ${SAME}` }));
    await user.click(all.getByRole('button', { name: 'The same in deepseek' }));
    const differ = within(screen.getByRole('region', { name: 'They differ on 1' }));
    const sides = within(differ.getByRole('group', { name: 'Different figures' }));
    expect(sides.getByText('128').tagName).toBe('STRONG');
    await user.click(
      sides.getByRole('button', { name: 'claude: The buffer holds 128 messages here.' }),
    );
    const only = within(screen.getByRole('region', { name: /^Only gpt says/ }));
    await user.click(only.getByRole('button', { name: /Cats like <b>warm/ }));

    const at = (id: number, words: string) => readings[id]?.text.indexOf(words);
    expect(onjump.mock.calls).toEqual([
      ['a', 0],
      ['c', 0],
      ['b', at(1, 'The buffer')],
      ['a', at(0, 'Cats')],
    ]);
    expect(screen.getByRole('region', { name: /^Only deepseek says/ }).textContent).toContain(
      'Nothing',
    );
  });

  it('folds a long list and says while it is looking', async () => {
    const onjump = vi.fn();
    const { rerender, container } = render(CommonGround, { readings, ground: null, onjump });
    expect(container.querySelector('[aria-busy=true]')).not.toBeNull();
    const texts = Array.from(
      { length: 30 },
      (_, n) => `Statement number${n} about thing${n} alone.`,
    );
    const two = [
      { id: 'a', label: 'gpt', colour: 0, text: texts.join(' ') },
      { id: 'b', label: 'claude', colour: 1, text: SAME },
    ];
    await rerender({ readings: two, ground: findCommonGround(two), onjump });
    const only = within(screen.getByRole('region', { name: 'Only gpt says 30' }));
    expect(only.getAllByRole('listitem')).toHaveLength(12);
    await userEvent.setup().click(only.getByRole('button', { name: 'Show all 30' }));
    expect(only.getAllByRole('listitem')).toHaveLength(30);
  });
});
