/**
 * Everything that a person can do from the keyboard, once: the palette lists it, the keyboard sheet
 * prints it and the window listens for it.
 */

import type { WindowState } from '../../lib/state/index.svelte';
import { COMPARE_ACTIONS, isComparing } from './compare-actions';
import { JUDGE_ACTIONS } from './judge-actions';
import { isTyping, matches } from './shortcuts';

export type ActionGroup = 'Go to' | 'Chat' | 'Compare' | 'Window';

export interface Action {
  id: string;
  label: string;
  group: ActionGroup;
  /** Always works. */
  keys?: string;
  /** Works where nothing is being typed. */
  bareKey?: string;
  /** Other words that find it in the palette. */
  keywords?: string;
  isAvailable?: (state: WindowState) => boolean;
  /** Not in the palette, because it only makes sense by key. */
  isHidden?: boolean;
  run: (state: WindowState) => void;
}

const hasChat = (state: WindowState) =>
  state.application.view.kind === 'chat' && state.conversations.opened !== null;

function setTheme(theme: string) {
  return (state: WindowState) => void state.attempt(() => state.application.change({ theme }));
}

function zoom(steps: number) {
  return (state: WindowState) => void state.attempt(() => state.application.zoomBy(steps));
}

function focusAnswer(step: 1 | -1) {
  return () => {
    const answers = [...document.querySelectorAll<HTMLElement>('[data-answer]')];
    const current = answers.findIndex((answer) => answer.contains(document.activeElement));
    const next = current < 0 ? (step > 0 ? 0 : answers.length - 1) : current + step;
    answers[Math.min(Math.max(next, 0), answers.length - 1)]?.focus();
  };
}

/** In a comparison of several cases, what comes next is the next case. */
function stepAnswer(step: 1 | -1) {
  return (state: WindowState) => {
    if (isComparing(state) && state.comparisons.shown.isTable) {
      void state.comparisons.shown.stepCase(step);
    } else focusAnswer(step)();
  };
}

export const ACTIONS: readonly Action[] = [
  // While answers wait for a vote, the digits vote and do not lead to other views.
  ...JUDGE_ACTIONS,
  {
    id: 'chat',
    label: 'Chat',
    group: 'Go to',
    keys: 'Ctrl+1',
    bareKey: '1',
    run: (state) => state.showChat(),
  },
  {
    id: 'compare',
    label: 'Compare',
    group: 'Go to',
    keys: 'Ctrl+2',
    bareKey: '2',
    keywords: 'comparison side by side evaluate',
    run: (state) => state.showCompare(),
  },
  {
    id: 'spend',
    label: 'Open Spend',
    group: 'Go to',
    keys: 'Ctrl+3',
    bareKey: '3',
    keywords: 'cost money dollars bill chart overview',
    run: (state) => state.showSpend(),
  },
  {
    id: 'spend-prices',
    label: 'Spend: prices',
    group: 'Go to',
    keywords: 'markup list price do the math cheaper',
    run: (state) => state.showSpend('prices'),
  },
  {
    id: 'spend-budgets',
    label: 'Spend: budgets',
    group: 'Go to',
    keywords: 'limit warn stop',
    run: (state) => state.showSpend('budgets'),
  },
  {
    id: 'spend-proof',
    label: 'Spend: proof',
    group: 'Go to',
    keywords: 'reconcile import unknown audit reprice',
    run: (state) => state.showSpend('proof'),
  },
  {
    id: 'models',
    label: 'Models & routes',
    group: 'Go to',
    keys: 'Ctrl+4',
    bareKey: '4',
    keywords: 'keys providers catalogue',
    run: (state) => state.show({ kind: 'models', form: null }),
  },
  {
    id: 'gateway',
    label: 'Gateway',
    group: 'Go to',
    keys: 'Ctrl+5',
    bareKey: '5',
    keywords: 'apps tokens address port sdk base url traffic requests snippets',
    run: (state) => state.showGateway(),
  },
  {
    id: 'receipts',
    label: 'Find receipts',
    group: 'Go to',
    keywords: 'answers that switched failed raced continued cost slow spend history',
    run: (state) => state.show({ kind: 'receipts' }),
  },
  {
    id: 'settings',
    label: 'Settings',
    group: 'Go to',
    keys: 'Ctrl+,',
    bareKey: '6',
    keywords: 'preferences theme zoom data folder keychain privacy',
    run: (state) => state.show({ kind: 'settings' }),
  },
  {
    id: 'new-chat',
    label: 'New chat',
    group: 'Chat',
    keys: 'Ctrl+N',
    run: (state) => state.newChat(),
  },
  {
    id: 'stop',
    label: 'Stop the answer',
    group: 'Chat',
    keys: 'Ctrl+.',
    isAvailable: (state) =>
      isComparing(state) ? state.comparisons.isRunning : state.chat.liveRun !== undefined,
    run: (state) =>
      void state.attempt(() => (isComparing(state) ? state.comparisons.stop() : state.chat.stop())),
  },
  {
    id: 'model',
    label: 'Choose a model',
    group: 'Chat',
    keys: 'Ctrl+M',
    run: (state) => {
      if (state.application.view.kind !== 'chat') state.showChat();
      else state.application.overlay = null;
      state.chat.pickerRequests += 1;
    },
  },
  {
    id: 'receipt',
    label: 'Open the receipt of the last answer',
    group: 'Chat',
    keys: 'Ctrl+I',
    isAvailable: (state) => hasChat(state) && lastAnswerId(state) !== undefined,
    run: (state) => {
      const messageId = lastAnswerId(state);
      if (messageId) state.application.overlay = { kind: 'receipt', messageId };
    },
  },
  {
    id: 'rename',
    label: 'Rename this chat',
    group: 'Chat',
    keys: 'F2',
    isAvailable: hasChat,
    run: (state) => state.startRenaming(state.conversations.openId),
  },
  {
    id: 'delete',
    label: 'Delete this chat',
    group: 'Chat',
    isAvailable: hasChat,
    run: (state) => {
      const openId = state.conversations.openId;
      if (openId !== null) void state.deleteConversation(openId);
    },
  },
  {
    id: 'composer',
    label: 'Write',
    group: 'Chat',
    bareKey: 'i',
    run: (state) => {
      if (isComparing(state)) state.comparisons.focusRequests += 1;
      else state.showChat();
    },
  },
  {
    id: 'next-answer',
    label: 'Next answer',
    group: 'Chat',
    bareKey: 'j',
    isHidden: true,
    run: stepAnswer(1),
  },
  {
    id: 'previous-answer',
    label: 'Previous answer',
    group: 'Chat',
    bareKey: 'k',
    isHidden: true,
    run: stepAnswer(-1),
  },
  ...COMPARE_ACTIONS,
  {
    id: 'undo',
    label: 'Undo the last removal',
    group: 'Window',
    keywords: 'delete restore',
    isAvailable: (state) => state.toasts.list.some(({ onundo }) => onundo !== undefined),
    run: (state) => state.undo(),
  },
  {
    id: 'add-provider',
    label: 'Add a provider',
    group: 'Window',
    keywords: 'key openai openrouter ollama',
    run: (state) => state.show({ kind: 'models', form: { kind: 'new' } }),
  },
  {
    id: 'new-app',
    label: 'New app of the gateway',
    group: 'Window',
    keywords: 'token sdk program client',
    run: (state) => state.newApp(),
  },
  {
    id: 'new-route',
    label: 'New route',
    group: 'Window',
    keywords: 'fallback policy hedge',
    run: (state) => void state.editRoute(null),
  },
  {
    id: 'palette',
    label: 'All actions',
    group: 'Window',
    keys: 'Ctrl+K',
    isHidden: true,
    run: (state) => {
      const isOpen = state.application.overlay?.kind === 'palette';
      state.application.overlay = isOpen ? null : { kind: 'palette' };
    },
  },
  {
    id: 'keyboard',
    label: 'Keyboard shortcuts',
    group: 'Window',
    bareKey: '?',
    run: (state) => {
      state.application.overlay = { kind: 'keyboard' };
    },
  },
  {
    id: 'sidebar',
    label: 'Show or hide the list of chats',
    group: 'Window',
    keys: 'Ctrl+B',
    run: (state) => state.toggleSidebar(),
  },
  {
    id: 'theme-system',
    label: 'Theme: follow the system',
    group: 'Window',
    run: setTheme('system'),
  },
  { id: 'theme-light', label: 'Theme: light', group: 'Window', run: setTheme('light') },
  { id: 'theme-dark', label: 'Theme: dark', group: 'Window', run: setTheme('dark') },
  {
    id: 'theme-contrast',
    label: 'Theme: high contrast',
    group: 'Window',
    run: setTheme('contrast'),
  },
  {
    id: 'zoom-in',
    label: 'Larger',
    group: 'Window',
    keys: 'Ctrl++',
    keywords: 'zoom',
    run: zoom(1),
  },
  {
    id: 'zoom-out',
    label: 'Smaller',
    group: 'Window',
    keys: 'Ctrl+-',
    keywords: 'zoom',
    run: zoom(-1),
  },
  {
    id: 'zoom-reset',
    label: 'Usual size',
    group: 'Window',
    keys: 'Ctrl+0',
    keywords: 'zoom 100',
    run: (state) => void state.attempt(() => state.application.change({ zoom: 100 })),
  },
];

function lastAnswerId(state: WindowState): string | undefined {
  return state.conversations.turns.findLast(({ message }) => message.role === 'assistant')?.message
    .id;
}

export function isAvailable(action: Action, state: WindowState): boolean {
  return action.isAvailable?.(state) ?? true;
}

/** The action that the shell names, such as "new_chat". */
export function actionNamed(name: string): Action | undefined {
  return ACTIONS.find(({ id }) => id === name.replaceAll('_', '-'));
}

/** A view below a dialog must not change while somebody looks at the dialog. */
function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog]') !== null;
}

/** The action of this key press, if it has one right now. */
export function actionFor(event: KeyboardEvent, state: WindowState): Action | undefined {
  const isBareKeyFree =
    !isTyping(event.target) &&
    !isInDialog(event.target) &&
    state.application.overlay === null &&
    state.spend.opened === null &&
    state.gateway.traffic.opened === null;
  return ACTIONS.find((action) => {
    const isPressed =
      (action.keys !== undefined && matches(event, action.keys)) ||
      (isBareKeyFree && action.bareKey !== undefined && matches(event, action.bareKey));
    return isPressed && isAvailable(action, state);
  });
}
