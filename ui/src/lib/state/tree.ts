/** How a conversation's tree of messages reads on screen: one branch, with its forks. */

import type { MessageView } from '../ipc/gen/types';

/** The branch that ends at `leaf`, first message first. An unknown leaf gives an empty branch. */
export function pathTo(messages: readonly MessageView[], leaf: string | null): MessageView[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path: MessageView[] = [];
  let current = leaf === null ? undefined : byId.get(leaf);
  while (current) {
    path.push(current);
    // A damaged tree must not hang the window.
    if (path.length > messages.length) return [];
    current = current.parentId === null ? undefined : byId.get(current.parentId);
  }
  return path.reverse();
}

/** One entry of the shown branch, ready to be drawn. */
export interface Turn {
  message: MessageView;
  /** Where this one stands among its siblings, from 0. */
  position: number;
  siblingIds: readonly string[];
}

/** The shown branch with its forks, worked out in one pass over all messages. */
export function turnsOf(messages: readonly MessageView[], leaf: string | null): Turn[] {
  const forks = new Map<string, string[]>();
  for (const message of messages) {
    const key = `${message.parentId ?? ''} ${message.role}`;
    const fork = forks.get(key);
    if (fork) fork.push(message.id);
    else forks.set(key, [message.id]);
  }
  return pathTo(messages, leaf).map((message) => {
    const siblingIds = forks.get(`${message.parentId ?? ''} ${message.role}`) ?? [message.id];
    return { message, siblingIds, position: siblingIds.indexOf(message.id) };
  });
}

/** The same list with this message in place of the one with its id, or at the end. */
export function withMessage(messages: readonly MessageView[], message: MessageView): MessageView[] {
  const index = messages.findIndex(({ id }) => id === message.id);
  if (index < 0) return [...messages, message];
  return messages.with(index, message);
}
