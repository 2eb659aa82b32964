import { describe, expect, it } from 'vitest';

import { FakeBackend } from '../../lib/ipc/fake/backend';
import { WindowState } from '../../lib/state/index.svelte';
import { actionFor, actionNamed, ACTIONS } from './actions';
import { matches } from './shortcuts';

function press(key: string, rest: KeyboardEventInit = {}, target?: HTMLElement): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, ...rest });
  if (target) Object.defineProperty(event, 'target', { value: target });
  return event;
}

describe('keys', () => {
  it.each<[string, KeyboardEvent]>([
    ['Ctrl+K', press('k', { ctrlKey: true })],
    ['Ctrl+N', press('N', { ctrlKey: true })],
    ['Ctrl++', press('+', { ctrlKey: true, shiftKey: true })],
    ['Ctrl++', press('=', { ctrlKey: true })],
    ['Ctrl+-', press('-', { ctrlKey: true })],
    ['Ctrl+,', press(',', { ctrlKey: true })],
    ['?', press('?', { shiftKey: true })],
    ['1', press('1')],
    ['F2', press('F2')],
  ])('%s is pressed', (keys, event) => {
    expect(matches(event, keys)).toBe(true);
  });

  it.each<[string, KeyboardEvent]>([
    ['Ctrl+K', press('k')],
    ['Ctrl+K', press('k', { ctrlKey: true, shiftKey: true })],
    ['Ctrl+K', press('k', { ctrlKey: true, altKey: true })],
    ['1', press('1', { ctrlKey: true })],
    ['Ctrl+-', press('+', { ctrlKey: true })],
  ])('%s is not', (keys, event) => {
    expect(matches(event, keys)).toBe(false);
  });

  it('are each given to one action', () => {
    // The digits lead to a view, and vote while answers wait for that.
    const keys = ACTIONS.filter(({ id }) => !/^vote-\d$/.test(id))
      .flatMap(({ keys, bareKey }) => [keys, bareKey])
      .filter(Boolean);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('of one letter do nothing while something is typed, or lies on top', () => {
    const app = new WindowState(new FakeBackend());
    const area = document.createElement('textarea');
    expect(actionFor(press('2'), app)?.id).toBe('compare');
    expect(actionFor(press('2', {}, area), app)).toBeUndefined();
    const dialog = document.createElement('div');
    dialog.setAttribute('role', 'dialog');
    const inDialog = dialog.appendChild(document.createElement('button'));
    expect(actionFor(press('2', {}, inDialog), app)).toBeUndefined();
    expect(actionFor(press('k', { ctrlKey: true }, area), app)?.id).toBe('palette');
    app.application.overlay = { kind: 'keyboard' };
    expect(actionFor(press('2'), app)).toBeUndefined();
  });

  it('of what cannot be done now do nothing', () => {
    const app = new WindowState(new FakeBackend());
    expect(actionFor(press('.', { ctrlKey: true }), app)).toBeUndefined();
    expect(actionNamed('new_chat')?.id).toBe('new-chat');
    expect(actionNamed('toString')).toBeUndefined();
  });
});
