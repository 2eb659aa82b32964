/** The one file that talks to Tauri. Everything else is given a `Backend`. */

import { Channel, invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { Backend } from './backend';
import { STORE_CHANGED, WINDOW_ACTION } from './gen/commands';
import type { StoreChanged } from './gen/types';

/** Tauri takes arguments by name and refuses a name that the command does not have. */
function argumentsOf(request: unknown): Record<string, unknown> {
  return request === null ? {} : { request };
}

export const tauri: Backend = {
  call: (command, request) => invoke(command, argumentsOf(request)),
  stream: (command, request, onMessage) => {
    const channel = new Channel(onMessage);
    return invoke(command, { ...argumentsOf(request), channel });
  },
  onStoreChanged: (listener) =>
    listen<StoreChanged>(STORE_CHANGED, ({ payload }) => listener(payload)),
  onWindowAction: (listener) => listen<string>(WINDOW_ACTION, ({ payload }) => listener(payload)),
};

/** The shell, or the in-memory backend of `--mode mock`, which the built app does not contain. */
export async function connect(): Promise<Backend> {
  if (import.meta.env.MODE === 'mock') {
    const { fakeFromAddress } = await import('./fake/address');
    return fakeFromAddress(new URL(location.href));
  }
  return tauri;
}
