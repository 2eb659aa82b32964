/** What lies beside the answers of a case, and what is being stitched of them. */

import type { MergedView, StitchPart } from '../ipc/gen/types';
import type { TextMark } from '../markdown/marks';

export type CasePanel = 'ground' | 'repeats' | 'merged' | 'stitch';

export interface TrayPart extends StitchPart {
  /** The same while it is moved and written in. */
  key: string;
}

export class CaseTools {
  panel: CasePanel | null = $state(null);
  /** Columns scroll together, by their sections. */
  isSynced: boolean = $state(false);
  /** What the answers share is marked in them. */
  isMarked: boolean = $state(true);
  /** By column. */
  marks: Readonly<Record<number, readonly TextMark[]>> = $state.raw({});
  /** Which merged answer is read; `null` for the newest. */
  mergeId: string | null = $state(null);
  parts: readonly TrayPart[] = $state.raw([]);
  /** The kept one that is changed; `null` for a new one. */
  stitchId: string | null = $state(null);
  /** What is being noted with a vote. */
  tag: string = $state('');
  note: string = $state('');

  #next = 1;

  toggle(panel: CasePanel): void {
    this.panel = this.panel === panel ? null : panel;
  }

  /** Another case has other passages. */
  leaveCase(): void {
    this.mergeId = null;
    this.marks = {};
    this.clearTray();
  }

  clearTray(): void {
    this.parts = [];
    this.stitchId = null;
  }

  hasPassage(column: number, text: string): boolean {
    return this.parts.some((part) => part.column === column && part.text === text);
  }

  /** Takes a passage, or puts it back where it was taken. */
  togglePassage(column: number, text: string): void {
    const others = this.parts.filter((part) => part.column !== column || part.text !== text);
    this.parts =
      others.length < this.parts.length ? others : [...this.parts, this.#part(column, text)];
  }

  /** Words of one's own. Returns the key of the new part. */
  addWords(): string {
    const part = this.#part(null, '');
    this.parts = [...this.parts, part];
    return part.key;
  }

  write(key: string, text: string): void {
    this.parts = this.parts.map((part) => (part.key === key ? { ...part, text } : part));
  }

  drop(key: string): void {
    this.parts = this.parts.filter((part) => part.key !== key);
  }

  move(from: number, to: number): void {
    const parts = [...this.parts];
    const [part] = parts.splice(from, 1);
    if (part) parts.splice(to, 0, part);
    this.parts = parts;
  }

  /** Opens one that is kept for changes. */
  edit(merged: MergedView): void {
    this.parts = merged.parts.map(({ column, text }) => this.#part(column, text));
    this.stitchId = merged.id;
    this.panel = 'stitch';
  }

  /** What would be kept: no part without words. */
  stitched(): StitchPart[] {
    return this.parts
      .filter(({ text }) => text.trim() !== '')
      .map(({ column, text }) => ({ column, text: text.trim() }));
  }

  #part(column: number | null, text: string): TrayPart {
    const key = `part ${this.#next}`;
    this.#next += 1;
    return { key, column, text };
  }
}
