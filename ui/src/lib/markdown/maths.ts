/**
 * Formulas as MathML. KaTeX builds real nodes (`katex.render` with its MathML output makes elements
 * one by one and never parses a string), and is loaded when the first formula is on screen.
 */

import type katexModule from 'katex';

type Katex = typeof katexModule;

/** Longer formulas are shown as their source. */
const LONGEST_FORMULA = 4000;

let loading: Promise<Katex> | undefined;

/**
 * The formula as nodes, or null where its source cannot be read; the source is then shown instead.
 */
export async function renderMaths(source: string, display: boolean): Promise<Node | null> {
  if (source.length > LONGEST_FORMULA) return null;
  try {
    loading ??= import('katex').then((module) => module.default);
    const katex = await loading;
    const holder = document.createElement('span');
    katex.render(source, holder, {
      output: 'mathml',
      displayMode: display,
      throwOnError: true,
      strict: 'ignore',
      // No \href, \includegraphics or \html…: a formula is only ever drawn.
      trust: false,
      maxExpand: 200,
      maxSize: 20,
    });
    return holder.querySelector('math');
  } catch {
    return null;
  }
}
