import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { cableEnd, cableSegments, cableSentence, middleOut, type CableAttempt } from './cable';
import Cable from './Cable.svelte';

const failed: CableAttempt = { label: 'anthropic 529', outcome: 'failed', note: 'overloaded' };
const answered: CableAttempt = { label: 'openrouter', outcome: 'answered' };

describe('cable in words', () => {
  it('tells the whole way', () => {
    expect(cableSentence([failed, answered], 655)).toBe(
      'anthropic 529 failed (overloaded), then openrouter answered, first token after 655 ms',
    );
    expect(cableSentence([], null)).toBe('No attempt yet');
  });

  it.each([
    ['answered', 655, '655 ms'],
    ['answered', null, 'answered'],
    ['running', null, 'waiting'],
    ['running', 530, 'streaming'],
    ['stopped', 530, 'stopped'],
    ['interrupted', null, 'interrupted'],
    ['failed', null, 'no answer'],
  ] as const)('ends a wire that is %s (first token %s) with "%s"', (outcome, firstToken, end) => {
    expect(cableEnd([{ label: 'way', outcome }], firstToken)).toBe(end);
  });

  it('stays one line when there were many attempts, and loses none of them', () => {
    const attempts = Array.from({ length: 7 }, (_, index) => ({
      ...failed,
      label: `way ${index}`,
    }));
    const segments = cableSegments([...attempts, answered]);
    expect(segments.map((segment) => segment.label)).toEqual([
      'way 0',
      '+5 more',
      'way 6',
      'openrouter',
    ]);
    expect(segments[1]?.title.split('\n')).toHaveLength(5);
  });

  it('counts the middle where there is no room, and then shortens names in theirs', () => {
    const attempts = ['anthropic 529', 'openrouter 429', 'nanogpt 500', 'groq'].map((label) => ({
      ...failed,
      label,
    }));
    const labels = (room: number) =>
      cableSegments(attempts, room, '655 ms').map(({ label }) => label);
    expect(labels(600)).toEqual(['anthropic 529', 'openrouter 429', 'nanogpt 500', 'groq']);
    expect(labels(400)).toEqual(['anthropic 529', '+2 more', 'groq']);
    expect(labels(280)).toEqual(['ant…529', '+2 more', 'groq']);
    expect(middleOut('a-very-long-name 529', 12)).toBe('a-very…e 529');
    expect(middleOut('groq', 7)).toBe('groq');
  });

  it('tells who lost a race and who went on with a half answer', () => {
    const raced: CableAttempt = { label: 'openai', outcome: 'raced', note: 'slower' };
    const joined: CableAttempt = { ...answered, isContinuation: true };
    expect(cableSentence([raced, joined], null)).toBe(
      'openai lost the race (slower), then openrouter went on with the half answer and answered',
    );
    expect(cableEnd([raced], null)).toBe('no answer');
  });
});

describe('Cable', () => {
  it('draws one jack and one wire for each attempt, told apart by more than colour', () => {
    const { container } = render(Cable, {
      attempts: [failed, answered],
      color: 'var(--cable-2)',
      firstTokenMs: 655,
    });
    const wires = [...container.querySelectorAll('svg.wire')];
    expect(wires.map((wire) => wire.classList.contains('failed'))).toEqual([true, false]);
    expect(container.querySelectorAll('.jack')).toHaveLength(2);
    expect(screen.getByText('anthropic 529')).toBeTruthy();
    expect(screen.getByText('655 ms')).toBeTruthy();
    expect(screen.getByRole('img').getAttribute('aria-label')).toContain('openrouter answered');
  });

  it('draws what lost a race apart from what failed, and a joint where a half answer went on', () => {
    const { container } = render(Cable, {
      attempts: [
        { label: 'openai', outcome: 'raced' },
        failed,
        { ...answered, isContinuation: true },
      ],
      color: 'red',
    });
    const wires = [...container.querySelectorAll('svg.wire')];
    expect(wires.map((wire) => wire.classList.contains('raced'))).toEqual([true, false, false]);
    const joint = container.querySelector('.joint');
    expect(container.querySelectorAll('.joint')).toHaveLength(1);
    expect(joint?.nextElementSibling?.classList.contains('answered')).toBe(true);
  });

  it('says what the figure is when there is room for it', () => {
    render(Cable, { attempts: [answered], color: 'red', firstTokenMs: 412 });
    expect(screen.getByText('to first token')).toBeTruthy();
  });

  it('opens the receipt by mouse and by key', async () => {
    const onopen = vi.fn();
    render(Cable, { attempts: [failed, answered], color: 'red', firstTokenMs: 655, onopen });
    const button = screen.getByRole('button', { name: /^Open the receipt: ?anthropic 529/ });
    const described = document.getElementById(button.getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toContain('anthropic 529 failed');
    const user = userEvent.setup();
    await user.click(button);
    button.focus();
    await user.keyboard('{Enter}');
    expect(onopen).toHaveBeenCalledTimes(2);
  });

  it('draws its wires only when it was seen running', async () => {
    const { container, rerender } = render(Cable, { attempts: [answered], color: 'red' });
    expect(container.querySelector('.live')).toBeNull();
    await rerender({ attempts: [{ label: 'openai', outcome: 'running' }], color: 'red' });
    expect(container.querySelector('.live')).not.toBeNull();
    await rerender({ attempts: [answered], color: 'red', firstTokenMs: 100 });
    expect(container.querySelector('.live')).not.toBeNull();
  });
});
