import { render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import ToastRegion from './ToastRegion.svelte';
import { ToastList, UNDO_MS } from './toasts.svelte';

describe('toasts', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('undoes within the time, and then does not expire', async () => {
    const source = new ToastList();
    const onundo = vi.fn();
    const onexpire = vi.fn();
    render(ToastRegion, { source });
    source.show({ text: 'Deleted “Haiku”', onundo, onexpire });
    await tick();

    vi.advanceTimersByTime(UNDO_MS - 1000);
    await tick();
    expect(screen.getByText('1 s')).toBeTruthy();
    screen.getByRole('button', { name: 'Undo' }).click();
    vi.advanceTimersByTime(UNDO_MS);
    await tick();

    expect(onundo).toHaveBeenCalledOnce();
    expect(onexpire).not.toHaveBeenCalled();
    expect(screen.queryByText('Deleted “Haiku”')).toBeNull();
  });

  it('expires once when the time is over', () => {
    const source = new ToastList();
    const onexpire = vi.fn();
    source.show({ text: 'Deleted', onundo: vi.fn(), onexpire });
    vi.advanceTimersByTime(UNDO_MS - 200);
    expect(onexpire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(UNDO_MS);
    expect(onexpire).toHaveBeenCalledOnce();
    expect(source.list).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stands still under the pointer', async () => {
    const source = new ToastList();
    render(ToastRegion, { source });
    source.show({ text: 'Deleted', onundo: vi.fn() });
    await tick();
    const toast = screen.getByRole('listitem');
    toast.dispatchEvent(new MouseEvent('mouseenter'));
    vi.advanceTimersByTime(3 * UNDO_MS);
    expect(source.list).toHaveLength(1);
    toast.dispatchEvent(new MouseEvent('mouseleave'));
    vi.advanceTimersByTime(UNDO_MS);
    expect(source.list).toHaveLength(0);
  });

  it('lets the oldest go when there are too many, as if its time were over', () => {
    const source = new ToastList();
    const onexpire = vi.fn();
    source.show({ text: 'first', onexpire });
    for (let index = 0; index < 4; index += 1) source.show({ text: `news ${index}` });
    expect(onexpire).toHaveBeenCalledOnce();
    expect(source.list.map((toast) => toast.text)).not.toContain('first');
  });

  it('has a live region before there is any news', () => {
    const { container } = render(ToastRegion, { source: new ToastList() });
    expect(container.querySelector('[aria-live="polite"]')).not.toBeNull();
  });
});
