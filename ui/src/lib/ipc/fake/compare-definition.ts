/** What a comparison is worked out into, and what it is refused for, as the engine does both. */

import type { DefinitionView, ParametersView, PromptView } from '../gen/types';
import { refuse } from './refuse';

export const NO_PARAMETERS: ParametersView = {
  temperature: null,
  topP: null,
  seed: null,
  maxTokens: null,
  stop: [],
  reasoningEffort: null,
};

export type Row = Record<string, string>;

export interface FakeCase {
  title: string;
  /** Filled in; for a question from history its beginning. */
  prompt: string;
  variables: Row;
}

const NAME = /\{\{([^{}\n]{1,60})\}\}/g;

export function variablesIn(text: string): string[] {
  const names = [...text.matchAll(NAME)].map(([, name = '']) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

export function fill(text: string, row: Row): string {
  return text.replace(NAME, (whole, name: string) => row[name.trim()] ?? whole);
}

function titleFrom(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

export function casesOf({ prompts, rows }: DefinitionView): FakeCase[] {
  return prompts.flatMap((prompt): FakeCase[] => {
    if (prompt.kind === 'past')
      return [{ title: prompt.title, prompt: prompt.title, variables: {} }];
    const all: Row[] = rows.length === 0 ? [{}] : rows;
    return all.map((variables) => {
      const filled = fill(prompt.text, variables);
      return { title: titleFrom(filled), prompt: filled, variables };
    });
  });
}

function textsOf(definition: DefinitionView): string[] {
  const checks = definition.checks.flatMap((check) => {
    if (check.kind === 'contains' || check.kind === 'equals') return [check.text];
    if (check.kind === 'regex') return [check.pattern];
    return check.kind === 'json_schema' ? [check.schema] : [];
  });
  return [
    ...definition.prompts.map((prompt) => (prompt.kind === 'text' ? prompt.text : '')),
    ...definition.columns.map(({ systemPrompt }) => systemPrompt),
    ...checks,
  ];
}

export function variablesOf(definition: DefinitionView): string[] {
  return [...new Set(textsOf(definition).flatMap(variablesIn))];
}

const isEmpty = (prompt: PromptView) => prompt.kind === 'text' && prompt.text.trim() === '';
const invalid = (message: string, advice: string, field: string) =>
  refuse('invalid_input', message, advice, field);

/** Refuses the first thing that is wrong. */
export function checkDefinition(definition: DefinitionView, isToRun = true): void {
  const { name, columns, prompts, rows, repeats, parallel, ceiling, checks, judging } = definition;
  if (name.trim() === '' || [...name].length > 120) {
    invalid('A comparison needs a name of at most 120 characters.', 'Give it one.', 'name');
  }
  if (columns.length > 8 || (isToRun && columns.length === 0)) {
    invalid('A comparison has 1 to 8 columns.', 'Add a model.', 'columns');
  }
  if (prompts.length > 1_000 || (isToRun && prompts.length === 0)) {
    invalid('A comparison has 1 to 1,000 prompts.', 'Write one.', 'prompts');
  }
  const empty = prompts.findIndex(isEmpty);
  if (empty >= 0) invalid(`Prompt ${empty + 1} is empty.`, 'Write it, or take it out.', 'prompts');
  if (rows.length > 5_000) invalid('There are at most 5,000 rows.', 'Take some out.', 'rows');
  const missing = variablesOf(definition).find((variable) =>
    rows.some((row) => row[variable] === undefined),
  );
  if (rows.length > 0 && missing !== undefined) {
    invalid(`Nothing stands for {{${missing}}}.`, 'Add it to the rows.', 'rows');
  }
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > 50) {
    invalid('There are 1 to 50 repeats.', 'Choose fewer.', 'repeats');
  }
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > 32) {
    invalid('1 to 32 requests go to a provider at once.', 'Choose fewer.', 'parallel');
  }
  if (ceiling !== null && !(/^\d+(\.\d{1,9})?$/.test(ceiling) && Number(ceiling) > 0)) {
    invalid('That is no amount of dollars above 0.', 'Write it like 0.50.', 'ceiling');
  }
  if (checks.length > 20) invalid('There are at most 20 checks.', 'Take some out.', 'checks');
  if (judging.judges.length > 5) {
    invalid('A panel has at most 5 judges.', 'Take some out.', 'judging');
  }
  const cells = casesOf(definition).length * repeats * columns.length;
  if (cells > 20_000) {
    invalid(`${cells} answers are more than 20,000.`, 'Ask fewer prompts.', 'prompts');
  }
}

const LOCAL = {
  kind: 'endpoint',
  endpoint: { providerId: 'local', model: 'smollm2-135m-instruct' },
} as const;

/** Runs on the local model alone: one model, two ways of being told how to write. */
export function exampleDefinition(): DefinitionView {
  const column = (label: string, systemPrompt: string) => ({
    label,
    target: LOCAL,
    systemPrompt,
    parameters: { ...NO_PARAMETERS, seed: 7, maxTokens: 160 },
  });
  return {
    name: 'One model, two manners',
    columns: [column('plain', ''), column('short', 'Answer in one sentence.')],
    prompts: [{ kind: 'text', text: 'Why is the sky blue?' }],
    rows: [],
    repeats: 1,
    parallel: 2,
    ceiling: null,
    checks: [{ kind: 'words', least: null, most: 40 }],
    tag: 'explaining',
    judging: { judges: [], rubric: '' },
    sample: null,
  };
}
