import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { FakeBackend, type FakeOptions } from '../../lib/ipc/fake/backend';
import type { TargetView } from '../../lib/ipc/gen/types';
import { STATE_KEY, WindowState } from '../../lib/state/index.svelte';
import { groupsOf } from '../models/groups';
import ModelList from './ModelList.svelte';
import { sectionsOf } from './picker';

const user = userEvent.setup();

beforeEach(() => {
  document.body.replaceChildren();
});

async function opened(selected: TargetView | null, options: FakeOptions = { waysIn: 10 }) {
  const app = new WindowState(new FakeBackend(options));
  await app.start();
  await app.readAll();
  const onchoose = vi.fn();
  render(ModelList, {
    context: new Map([[STATE_KEY, app]]),
    props: { selected, onchoose, onleave: vi.fn() },
  });
  const search = screen.getByRole('combobox', { name: 'Search models' });
  await user.click(search);
  return { app, onchoose, search };
}

describe('the picker', () => {
  it('puts each model once under the first heading that fits it', async () => {
    const { app } = await opened(null);
    const sections = sectionsOf(groupsOf(app.models.value));
    expect(sections.slice(0, 3).map(([title]) => title)).toEqual([
      'Starred',
      'Recently used',
      'On this computer',
    ]);
    const keys = sections.flatMap(([, groups]) => groups.map(({ key }) => key));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(groupsOf(app.models.value).length);
  });

  it('takes a model by any of its ways in', async () => {
    const { onchoose, search } = await opened(null);
    await user.type(search, 'sonnet');
    const option = screen.getByRole('option', { name: /claude-sonnet-4\.6/ });
    expect(option.textContent).toContain('any of its 3 ways in');
    expect(option.textContent).toContain('from $2.40 / $12');
    await user.keyboard('{Enter}');
    expect(onchoose).toHaveBeenCalledWith({ kind: 'model', key: 'anthropic/claude-sonnet-4.6' });
  });

  it('takes the only way in that a search leaves', async () => {
    const { onchoose, search } = await opened(null);
    await user.type(search, 'claude-opus provider:openrouter{Enter}');
    expect(onchoose).toHaveBeenCalledWith({
      kind: 'endpoint',
      endpoint: { providerId: 'openrouter', model: 'anthropic/claude-opus-4.6' },
    });
  });

  it('keeps the way in that is chosen already, and shows the others by →', async () => {
    const { onchoose, search } = await opened({
      kind: 'endpoint',
      endpoint: { providerId: 'openrouter', model: 'anthropic/claude-opus-4.6' },
    });
    await user.type(search, 'claude-opus');
    const option = screen.getByRole('option', { name: /claude-opus-4\.6/ });
    expect(option.getAttribute('aria-selected')).toBe('true');
    expect(option.textContent).toContain('via OpenRouter, 2 more');
    await user.keyboard('{ArrowRight}');
    const ways = screen.getAllByRole('option').map(({ textContent }) => textContent.trim());
    expect(ways[1]).toMatch(/^Any of its 3 ways in/);
    expect(ways[2]).toMatch(/^NanoGPT/);
    expect(ways[4]).toMatch(/^Anthropic/);
    await user.keyboard('{ArrowDown}{Enter}');
    expect(onchoose).toHaveBeenLastCalledWith({ kind: 'model', key: 'anthropic/claude-opus-4.6' });
    await user.keyboard('{ArrowDown}{ArrowDown}{ArrowDown}{Enter}');
    expect(onchoose).toHaveBeenLastCalledWith({
      kind: 'endpoint',
      endpoint: { providerId: 'anthropic', model: 'claude-opus-4.6' },
    });
    await user.keyboard('{ArrowLeft}');
    expect(screen.getAllByRole('option')).toHaveLength(2);
  });

  it('offers routes before the models, found by their names', async () => {
    const { onchoose, search } = await opened(null, { waysIn: 10, hasRoutes: true });
    const [first] = screen.getAllByRole('option');
    expect(first?.textContent).toMatch(/everyday\s*Cheapest healthy\s*3 entries/);
    await user.type(search, 'every');
    expect(screen.getAllByRole('option')).toHaveLength(2);
    await user.keyboard('{Enter}');
    expect(onchoose).toHaveBeenCalledWith({ kind: 'route', id: 'route-everyday' });
  });

  it('knows the terms of the list', async () => {
    const { search } = await opened(null);
    await user.type(search, 'images < 1 maker:openai');
    const names = screen.getAllByRole('option').map(({ textContent }) => textContent.trim());
    expect(names).toHaveLength(3);
    expect(names[0]).toMatch(/^gpt-6\.1-mini/);
    expect(names[1]).toMatch(/^gpt-6\.1-nano/);
  });
});
