/**
 * Short news that passes by itself, and the ten seconds in which something can be undone. One list for
 * the window; ToastRegion draws it.
 */

export type ToastTone = 'neutral' | 'good' | 'bad';

export interface ToastOptions {
  text: string;
  tone?: ToastTone;
  /** Puts an "Undo" button on the toast. The toast then stays for its whole time, 10 s unless told. */
  onundo?: () => void;
  /** Puts a button on the toast, which closes it. */
  action?: { label: string; run: () => void };
  /** Called once when the time is over or the toast is closed, and never after an undo. */
  onexpire?: () => void;
  /** How long it stays, in milliseconds. */
  durationMs?: number;
}

export const UNDO_MS = 10_000;
const NEWS_MS = 5_000;
/** How often the countdown moves on; a second is shown, so this need not be finer. */
const TICK_MS = 200;
/** More at once could not be read; the oldest leaves first. */
const MOST_AT_ONCE = 4;

export class Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: ToastTone;
  readonly onundo: (() => void) | undefined;
  readonly action: ToastOptions['action'];
  readonly onexpire: (() => void) | undefined;
  readonly durationMs: number;
  remainingMs: number = $state(0);
  /** While the pointer or the focus is on it, the time stands still. */
  held: boolean = $state(false);

  constructor(id: number, options: ToastOptions) {
    this.id = id;
    this.text = options.text;
    this.tone = options.tone ?? 'neutral';
    this.onundo = options.onundo;
    this.action = options.action;
    this.onexpire = options.onexpire;
    this.durationMs = options.durationMs ?? (options.onundo ? UNDO_MS : NEWS_MS);
    this.remainingMs = this.durationMs;
  }
}

export class ToastList {
  list: Toast[] = $state([]);
  #nextId = 1;
  #timer: ReturnType<typeof setInterval> | undefined;

  show(options: ToastOptions): Toast {
    const toast = new Toast(this.#nextId, options);
    this.#nextId += 1;
    this.list.push(toast);
    const oldest = this.list[0];
    if (this.list.length > MOST_AT_ONCE && oldest) this.close(oldest.id);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS);
    return toast;
  }

  undo(id: number): void {
    this.#take(id)?.onundo?.();
  }

  act(id: number): void {
    const toast = this.#take(id);
    toast?.onexpire?.();
    toast?.action?.run();
  }

  close(id: number): void {
    this.#take(id)?.onexpire?.();
  }

  /** Ends every wait now, for instance before the window closes. */
  closeAll(): void {
    for (const { id } of [...this.list]) this.close(id);
  }

  #take(id: number): Toast | undefined {
    const index = this.list.findIndex((toast) => toast.id === id);
    if (index < 0) return undefined;
    const [taken] = this.list.splice(index, 1);
    if (this.list.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    return taken;
  }

  #tick(): void {
    for (const toast of [...this.list]) {
      if (toast.held) continue;
      toast.remainingMs = Math.max(0, toast.remainingMs - TICK_MS);
      if (toast.remainingMs === 0) this.close(toast.id);
    }
  }
}

export const toasts = new ToastList();
