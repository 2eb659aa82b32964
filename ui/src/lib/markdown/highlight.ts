/**
 * Asks the worker to colour a block of code. Colour is an extra: where there is no worker, no grammar
 * or no time, the answer is null and the code stays plain.
 */

import { codeLanguage, type CodeLanguage } from './code-languages';

export type TokenKind =
  | 'plain'
  | 'keyword'
  | 'function'
  | 'string'
  | 'number'
  | 'type'
  | 'comment'
  | 'inserted'
  | 'deleted';

/** A line as pieces of text, each with what it is. */
export type CodeLine = [text: string, kind: TokenKind][];

export interface HighlightRequest {
  id: number;
  language: CodeLanguage;
  code: string;
}

export interface HighlightAnswer {
  id: number;
  lines: CodeLine[] | null;
}

/** More is not worth the wait, or the memory of its pieces. */
const LONGEST_CODE = 60_000;
/** A worker that needs longer has met a pattern it will not come back from. */
const LONGEST_WAIT_MS = 4_000;
/** Blocks that scroll out of a virtual list and back are not coloured twice. */
const REMEMBERED = 120;

type Answer = CodeLine[] | null;

const remembered = new Map<string, Promise<Answer>>();
const waiting = new Map<number, (lines: Answer) => void>();
let worker: Worker | undefined;
let nextId = 1;

export function highlight(code: string, languageName: string): Promise<Answer> {
  const language = codeLanguage(languageName);
  if (!language || code.length > LONGEST_CODE || typeof Worker === 'undefined') {
    return Promise.resolve(null);
  }

  const key = `${language}\n${code}`;
  const known = remembered.get(key);
  if (known) return known;
  const answer = ask(language, code);
  remembered.set(key, answer);
  if (remembered.size > REMEMBERED) {
    const [oldest] = remembered.keys();
    if (oldest !== undefined) remembered.delete(oldest);
  }
  return answer;
}

function ask(language: CodeLanguage, code: string): Promise<Answer> {
  return new Promise((resolve) => {
    const id = nextId;
    nextId += 1;
    const timer = setTimeout(stopWorker, LONGEST_WAIT_MS);
    waiting.set(id, (lines) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(lines);
    });
    try {
      worker ??= startWorker();
      worker.postMessage({ id, language, code } satisfies HighlightRequest);
    } catch {
      stopWorker();
    }
  });
}

function startWorker(): Worker {
  const started = new Worker(new URL('./highlight.worker.ts', import.meta.url), {
    type: 'module',
    name: 'code colours',
  });
  started.addEventListener('message', (event: MessageEvent<HighlightAnswer>) => {
    waiting.get(event.data.id)?.(event.data.lines);
  });
  started.addEventListener('error', stopWorker);
  return started;
}

/** Ends the worker and leaves all that waited for it plain; the next block starts another. */
function stopWorker(): void {
  worker?.terminate();
  worker = undefined;
  for (const settle of [...waiting.values()]) settle(null);
}
