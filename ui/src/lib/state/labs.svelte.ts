/**
 * Measurements of ways in: those that are kept and those that go on. One that this window did not begin,
 * or that it lost sight of in a reload, is found in the list and followed by asking again.
 */

import type { Backend } from '../ipc/backend';
import type { EndpointView, LabEstimate, LabRequest, LabView, SavedFile } from '../ipc/gen/types';
import { Fact } from './facts.svelte';

/** What is being chosen, as it was typed. It is kept while another view is on screen. */
export interface LabDraft {
  endpoints: EndpointView[];
  /** The way in that the others are held against, as its key; '' for none. */
  baseline: string;
  /** Nobody chose the baseline yet, so that it may be proposed. */
  isBaselineOpen: boolean;
  rounds: string;
  prompt: string;
  maxTokens: string;
}

export function emptyDraft(): LabDraft {
  return {
    endpoints: [],
    baseline: '',
    isBaselineOpen: true,
    rounds: '20',
    prompt: 'Say hello.',
    maxTokens: '16',
  };
}

/** How often a measurement that goes on is asked for again, in milliseconds. */
const POLL_MS = 1_500;

export class Labs extends Fact<readonly LabView[]> {
  draft: LabDraft = $state(emptyDraft());
  /** Each that goes on, the newest first. */
  readonly running: readonly LabView[] = $derived(this.value.filter(({ isRunning }) => isRunning));

  constructor(private readonly backend: Backend) {
    super([], () => backend.call('lab_list', null));
  }

  find(id: string | null): LabView | undefined {
    return this.value.find((lab) => lab.id === id);
  }

  estimate(request: LabRequest): Promise<LabEstimate> {
    return this.backend.call('lab_estimate', request);
  }

  async start(request: LabRequest): Promise<LabView> {
    const lab = await this.backend.stream('lab_start', request, (event) => this.#put(event.lab));
    this.#put(lab);
    return lab;
  }

  async stop(id: string): Promise<void> {
    await this.backend.call('lab_stop', { id });
  }

  async delete(id: string): Promise<void> {
    await this.backend.call('lab_delete', { id });
    this.set(this.value.filter((lab) => lab.id !== id));
  }

  export(id: string, format: 'markdown' | 'csv' | 'json'): Promise<string> {
    return this.backend.call('lab_export', { id, format });
  }

  /** Rust writes it into the folder for downloads. */
  saveFile(id: string, format: 'markdown' | 'csv' | 'json'): Promise<SavedFile> {
    return this.backend.call('lab_save', { id, format });
  }

  /** Reads the list, and again now and then for as long as something goes on. Returns how to end that. */
  follow(): () => void {
    void this.refresh();
    const timer = setInterval(() => {
      if (this.running.length > 0) void this.refresh();
    }, POLL_MS);
    return () => clearInterval(timer);
  }

  /** The reply to the start may come after news of the first answers, and must not take them back. */
  #put(lab: LabView): void {
    const known = this.find(lab.id);
    if (known && (!known.isRunning || known.done > lab.done)) return;
    // One that was stopped before its first answer is not kept anywhere.
    const isNothing = !lab.isRunning && lab.done === 0;
    const others = this.value.filter(({ id }) => id !== lab.id);
    const list = isNothing ? others : [lab, ...others];
    this.set(list.sort((left, right) => right.startedAt - left.startedAt));
  }
}
