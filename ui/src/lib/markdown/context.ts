/** What the surroundings give to every piece of Markdown below them. */

import { createContext } from 'svelte';

export interface MarkdownContext {
  /** Opens an address outside the window; Rust does it. Only https, http and mailto come here. */
  onlink: (href: string) => void;
}

const [read, write] = createContext<MarkdownContext>();

const [readSeams, writeSeams] = createContext<(index: number) => string>();

/** What each seam in the text below means. */
export const setSeamWords = writeSeams;

export function getSeamWords(): (index: number) => string {
  try {
    return readSeams();
  } catch {
    return () => 'somebody else went on from here';
  }
}

/** Call in the component that holds the conversation, before any Markdown below it. */
export const setMarkdownContext = write;

/** Without surroundings, as in a preview, a link does nothing. */
export function getMarkdownContext(): MarkdownContext {
  try {
    return read();
  } catch {
    return { onlink: () => undefined };
  }
}
