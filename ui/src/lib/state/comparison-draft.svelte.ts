/**
 * A comparison while it is set up: what was typed, as it was typed. It is kept while another view is on
 * screen, and becomes a definition only when it is saved, run or priced.
 */

import type {
  CheckView,
  ColumnView,
  DefinitionView,
  JudgingView,
  PromptView,
  SampleView,
  TargetView,
} from '../ipc/gen/types';
import { NO_PARAMETERS } from './chat.svelte';
import { moved } from './order';

export const MOST_COLUMNS = 8;
const NAME_LENGTH = 60;

export interface DraftColumn extends ColumnView {
  /** Stays with it while columns are moved. */
  key: number;
}

export class ComparisonDraft {
  name: string = $state('');
  columns: readonly DraftColumn[] = $state.raw([]);
  prompts: readonly PromptView[] = $state.raw([{ kind: 'text', text: '' }]);
  rows: readonly Record<string, string>[] = $state.raw([]);
  repeats: string = $state('1');
  parallel: string = $state('4');
  ceiling: string = $state('');
  checks: readonly CheckView[] = $state.raw([]);
  tag: string = $state('');
  judging: JudgingView = $state.raw({ judges: [], rubric: '' });
  /** How the prompts were taken from history, until one of them is changed. */
  sample: SampleView | null = $state.raw(null);
  #nextKey = 1;

  /** One prompt, written here: what the composer can show. */
  readonly isSimple: boolean = $derived(
    this.prompts.length === 1 && this.prompts[0]?.kind === 'text',
  );
  readonly hasPrompt: boolean = $derived(
    this.prompts.some((prompt) => prompt.kind === 'past' || prompt.text.trim() !== ''),
  );
  readonly canRun: boolean = $derived(this.hasPrompt && this.columns.length > 0);

  get text(): string {
    const first = this.prompts[0];
    return first?.kind === 'text' ? first.text : '';
  }

  set text(text: string) {
    this.sample = null;
    this.prompts = [{ kind: 'text', text }, ...this.prompts.slice(1)];
  }

  load(definition: DefinitionView): void {
    this.name = definition.name;
    this.columns = definition.columns.map((column) => this.#keyed(column));
    this.prompts =
      definition.prompts.length === 0 ? [{ kind: 'text', text: '' }] : definition.prompts;
    this.rows = definition.rows;
    this.repeats = String(definition.repeats);
    this.parallel = String(definition.parallel);
    this.ceiling = definition.ceiling ?? '';
    this.checks = definition.checks;
    this.tag = definition.tag ?? '';
    this.judging = definition.judging;
    this.sample = definition.sample;
  }

  /** A new one, asked of the same models as the last. */
  clear(columns: readonly ColumnView[]): void {
    this.load({
      name: '',
      columns: [...columns],
      prompts: [],
      rows: [],
      repeats: 1,
      parallel: 4,
      ceiling: null,
      checks: [],
      tag: null,
      judging: { judges: [], rubric: '' },
      sample: null,
    });
  }

  /** Only what is a number goes as one; the rest is refused where the rules are known. */
  definition(): DefinitionView {
    const prompts = this.prompts.filter(
      (prompt) => this.prompts.length === 1 || prompt.kind === 'past' || prompt.text.trim() !== '',
    );
    return {
      name: this.name.trim() === '' ? nameFrom(prompts[0]) : this.name.trim(),
      columns: this.columns.map(({ label, target, systemPrompt, parameters }) => ({
        label: label.trim(),
        target,
        systemPrompt: systemPrompt.trim(),
        parameters,
      })),
      prompts,
      rows: [...this.rows],
      repeats: wholeNumber(this.repeats),
      parallel: wholeNumber(this.parallel),
      ceiling: this.ceiling.trim() === '' ? null : this.ceiling.trim().replace(',', '.'),
      checks: [...this.checks],
      tag: this.tag.trim() === '' ? null : this.tag.trim(),
      judging: this.judging,
      sample: this.sample,
    };
  }

  addColumn(target: TargetView | null): void {
    if (this.columns.length >= MOST_COLUMNS) return;
    const column = { label: '', target, systemPrompt: '', parameters: NO_PARAMETERS };
    this.columns = [...this.columns, this.#keyed(column)];
  }

  changeColumn(key: number, change: Partial<ColumnView>): void {
    this.columns = this.columns.map((each) => (each.key === key ? { ...each, ...change } : each));
  }

  duplicateColumn(key: number): void {
    const index = this.columns.findIndex((each) => each.key === key);
    const column = this.columns[index];
    if (!column || this.columns.length >= MOST_COLUMNS) return;
    this.columns = this.columns.toSpliced(index + 1, 0, this.#keyed(column));
  }

  removeColumn(key: number): void {
    this.columns = this.columns.filter((each) => each.key !== key);
  }

  moveColumn(key: number, by: 1 | -1): void {
    const from = this.columns.findIndex((each) => each.key === key);
    const to = from + by;
    if (from < 0 || to < 0 || to >= this.columns.length) return;
    this.columns = moved(this.columns, from, to);
  }

  setPrompt(index: number, text: string): void {
    this.sample = null;
    this.prompts = this.prompts.map((prompt, at) =>
      at === index ? { kind: 'text', text } : prompt,
    );
  }

  addPrompts(texts: readonly string[]): void {
    this.sample = null;
    const kept = this.prompts.filter(
      (prompt) => prompt.kind === 'past' || prompt.text.trim() !== '' || texts.length === 0,
    );
    const added = (texts.length === 0 ? [''] : texts).map((text) => ({
      kind: 'text' as const,
      text,
    }));
    this.prompts = [...kept, ...added];
  }

  removePrompt(index: number): void {
    this.sample = null;
    const rest = this.prompts.filter((_, at) => at !== index);
    this.prompts = rest.length === 0 ? [{ kind: 'text', text: '' }] : rest;
  }

  #keyed(column: ColumnView): DraftColumn {
    this.#nextKey += 1;
    return { ...column, key: this.#nextKey };
  }
}

/** What is typed where a whole number belongs; 0, which nothing allows, for anything else. */
function wholeNumber(text: string): number {
  const value = Number(text.trim());
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 32 ? value : 0;
}

function nameFrom(prompt: PromptView | undefined): string {
  const text = prompt?.kind === 'past' ? prompt.title : (prompt?.text ?? '');
  const line = text.trim().split('\n')[0] ?? '';
  if (line === '') return 'Comparison';
  return line.length > NAME_LENGTH ? `${line.slice(0, NAME_LENGTH - 1)}…` : line;
}

/** Many prompts at once: lines of `---` part them, and where there are none, empty lines. */
export function splitPrompts(text: string): string[] {
  const lines = text.replaceAll('\r\n', '\n');
  const mark = /^\s*-{3,}\s*$/m;
  const parts = mark.test(lines) ? lines.split(/^\s*-{3,}\s*$/m) : lines.split(/\n\s*\n/);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** The names between double braces, each once. */
export function variablesIn(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\{\{([^{}\n]{1,60})\}\}/g)].map(([, name = '']) => name.trim()),
  );
  return names.filter((name, index) => name !== '' && names.indexOf(name) === index);
}
