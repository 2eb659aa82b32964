/** What is on screen, and what a person set up for the window. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { AppInformation, EndpointView, IpcError, RouteView, Settings } from '../ipc/gen/types';

export type View =
  | { kind: 'chat'; conversationId: string | null }
  | { kind: 'compare' }
  | { kind: 'spend' }
  | { kind: 'models'; form: ProviderFormTarget | null }
  | { kind: 'receipts' }
  | { kind: 'gateway' }
  | { kind: 'settings' };

/** What the form of a provider is about. */
export type ProviderFormTarget = { kind: 'new' } | { kind: 'edit'; providerId: string };

/** A panel over the view; one at a time. */
export type Overlay =
  | { kind: 'palette' }
  | { kind: 'keyboard' }
  | { kind: 'receipt'; messageId: string }
  /** The receipt of a run that stands in no chat any more. */
  | { kind: 'run'; runId: string }
  /** Everything about a comparison that the composer has no room for. */
  | { kind: 'comparison' }
  /** Who is to judge; what is to be merged; how two answers differ. */
  | { kind: 'judge' }
  | { kind: 'merge' }
  | { kind: 'difference' }
  /** Real questions of the past, to be asked on another model. */
  | { kind: 'replay' }
  /** What changed between two rounds. */
  | { kind: 'against' }
  | { kind: 'model'; endpoint: EndpointView }
  | { kind: 'route'; route: RouteView; pane: RoutePane };

/** What stands beside a route while it is edited: what it would do now, or how it stands the faults. */
export type RoutePane = 'plan' | 'test';

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  zoom: 100,
  endpoint: null,
  target: null,
  enterSends: true,
  sidebarOpen: true,
};

export const ZOOM_STEPS = [80, 90, 100, 110, 125, 150, 175, 200] as const;

export class Application {
  view: View = $state.raw({ kind: 'chat', conversationId: null });
  overlay: Overlay | null = $state.raw(null);
  settings: Settings = $state.raw(DEFAULT_SETTINGS);
  information: AppInformation | null = $state.raw(null);
  /** Why the shell did not answer at all. */
  startError: IpcError | null = $state.raw(null);
  isRetryingStorage: boolean = $state(false);
  /** Writes go out one after the other, so that the last choice is the one that is kept. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #pendingWrites = 0;

  constructor(private readonly backend: Backend) {}

  async load(): Promise<void> {
    // Settings are kept beside the history: where that cannot be used there are none, and what is
    // wrong stands in the information.
    const settings = this.backend.call('settings_get', null);
    settings.catch(() => undefined);
    try {
      this.information = await this.backend.call('app_information', null);
      if (this.information.storageProblem === null) this.settings = await settings;
      this.startError = null;
    } catch (thrown) {
      this.startError = toIpcError(thrown);
    }
  }

  async refreshSettings(): Promise<void> {
    if (this.#pendingWrites > 0) return;
    const settings = await this.backend.call('settings_get', null);
    if (this.#pendingWrites === 0) this.settings = settings;
  }

  async change(change: Partial<Settings>): Promise<void> {
    const settings = { ...this.settings, ...change };
    this.settings = settings;
    this.#pendingWrites += 1;
    const write = this.#lastWrite
      .catch(() => undefined)
      .then(() => this.backend.call('settings_set', settings));
    this.#lastWrite = write;
    try {
      await write;
    } finally {
      this.#pendingWrites -= 1;
    }
  }

  zoomBy(steps: number): Promise<void> {
    const index = ZOOM_STEPS.findIndex((step) => step >= this.settings.zoom);
    const current = index < 0 ? ZOOM_STEPS.length - 1 : index;
    const next = Math.min(Math.max(current + steps, 0), ZOOM_STEPS.length - 1);
    return this.change({ zoom: ZOOM_STEPS[next] ?? 100 });
  }

  async retryStorage(): Promise<boolean> {
    this.isRetryingStorage = true;
    try {
      const information = await this.backend.call('storage_retry', null);
      if (information.storageProblem === null) await this.refreshSettings();
      this.information = information;
      return information.storageProblem === null;
    } finally {
      this.isRetryingStorage = false;
    }
  }

  log(level: 'error' | 'warning', message: string): void {
    // The log is the last resort: where it fails too, there is nowhere left to say so.
    this.backend.call('ui_log', { level, message }).catch(() => undefined);
  }
}
