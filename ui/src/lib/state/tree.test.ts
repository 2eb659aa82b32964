import { describe, expect, it } from 'vitest';

import type { MessageView } from '../ipc/gen/types';
import { pathTo, turnsOf, withMessage } from './tree';

function message(id: string, parentId: string | null, role: MessageView['role']): MessageView {
  return {
    id,
    parentId,
    role,
    text: id,
    reasoning: '',
    status: 'complete',
    createdAt: 0,
    run: null,
  };
}

const tree = [
  message('q1', null, 'user'),
  message('a1', 'q1', 'assistant'),
  message('a2', 'q1', 'assistant'),
  message('q2', 'a2', 'user'),
  message('q1b', null, 'user'),
];

describe('the tree of a conversation', () => {
  it('shows the branch that ends at the leaf', () => {
    expect(pathTo(tree, 'q2').map(({ id }) => id)).toEqual(['q1', 'a2', 'q2']);
    expect(pathTo(tree, null)).toEqual([]);
    expect(pathTo(tree, 'unknown')).toEqual([]);
  });

  it('knows the siblings of each turn, at the root too', () => {
    const turns = turnsOf(tree, 'q2');
    expect(turns.map(({ position, siblingIds }) => [position, siblingIds])).toEqual([
      [0, ['q1', 'q1b']],
      [1, ['a1', 'a2']],
      [0, ['q2']],
    ]);
  });

  it('does not hang on a circle', () => {
    const circle = [message('a', 'b', 'user'), message('b', 'a', 'assistant')];
    expect(pathTo(circle, 'a')).toEqual([]);
  });

  it('replaces a message in its place', () => {
    const changed = { ...message('a1', 'q1', 'assistant'), text: 'new' };
    const list = withMessage(tree, changed);
    expect(list.map(({ id }) => id)).toEqual(tree.map(({ id }) => id));
    expect(list[1]?.text).toBe('new');
    expect(withMessage(tree, message('z', 'q2', 'assistant'))).toHaveLength(tree.length + 1);
  });
});
