import { fireEvent, render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { expect, it } from 'vitest';

import { FakeBackend } from '../../lib/ipc/fake/backend';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import HistoryList from './HistoryList.svelte';

async function drawn(count: number) {
  const app = new WindowState(new FakeBackend());
  app.conversations.list = Array.from({ length: count }, (_, index) => ({
    id: `chat-${index}`,
    title: `Chat ${index}`,
    createdAt: 0,
    updatedAt: 0,
  }));
  const { container } = render(HistoryList, { context: new Map([[STATE_KEY, app]]) });
  await tick();
  return {
    entries: () => container.querySelectorAll('li').length,
    list: container.querySelector<HTMLElement>('.history'),
  };
}

it('draws years of chats a part at a time, by a press', async () => {
  const { entries } = await drawn(120);
  expect(entries()).toBe(100);
  screen.getByRole('button', { name: 'Older chats' }).click();
  await tick();
  expect(entries()).toBe(120);
  expect(screen.queryByRole('button', { name: 'Older chats' })).toBeNull();
}, 20_000);

it('goes on by itself as the end comes near', async () => {
  const { entries, list } = await drawn(110);
  // Nothing has a height here, so every scroll is near the end.
  if (list) await fireEvent.scroll(list);
  expect(entries()).toBe(110);
});

it('asks for nothing more where all are there', async () => {
  const { entries } = await drawn(100);
  expect(entries()).toBe(100);
  expect(screen.queryByRole('button', { name: 'Older chats' })).toBeNull();
});
