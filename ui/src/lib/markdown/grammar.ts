/**
 * The Markdown that is understood here: GitHub's, with formulas, read by marked's lexer. Three things
 * differ from marked as it comes, each because the text is untrusted and still growing:
 * quotes and lists nest only so deep; a link definition is one line, since a definition that could
 * still be completed many lines later would change blocks that are already settled; and formulas are
 * tokens of their own, which end an underlined heading as they end a paragraph.
 */

import {
  Lexer,
  Marked,
  Tokenizer,
  type MarkedOptions,
  type TokenizerAndRendererExtension,
  type Tokens,
} from 'marked';

/** Deeper quotes and lists are shown as the text they were written as. */
export const DEEPEST_BLOCK = 12;

export interface MathsToken {
  type: 'maths';
  raw: string;
  text: string;
  display: boolean;
}

/** The beginning of a block of formula that may still be closed. */
export interface OpenMathsToken {
  type: 'open_maths';
  raw: string;
}

const DEFINITION =
  /^ {0,3}\[(?!\s*\])((?:\\.|[^[\]\\\n]){1,999})\]:[ \t]*(?:<([^<>\n]*)>|([^\s<]\S*))(?:[ \t]+("[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|$)/;

class CarefulTokenizer extends Tokenizer {
  #depth = 0;

  override blockquote(source: string): Tokens.Blockquote | undefined {
    return this.#nested(() => super.blockquote(source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#nested(() => super.list(source));
  }

  override def(source: string): Tokens.Def | undefined {
    const match = DEFINITION.exec(source);
    if (!match) return undefined;
    const [raw, label = '', bracketed, bare] = match;
    return {
      type: 'def',
      raw,
      tag: label.toLowerCase().replace(/\s+/g, ' '),
      href: bracketed ?? bare ?? '',
      title: match[4]?.slice(1, -1) ?? '',
    };
  }

  /**
   * A heading takes in no line that begins a formula. Marked ends paragraphs there and does not know that
   * headings must end too: an underline far below would then make one heading of blocks that are settled.
   */
  override lheading(source: string): Tokens.Heading | undefined {
    const heading = super.lheading(source);
    return heading && BLOCK_MATHS_START.test(heading.raw) ? undefined : heading;
  }

  #nested<Result>(read: () => Result | undefined): Result | undefined {
    if (this.#depth >= DEEPEST_BLOCK) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}

/** No blank line inside, so that a "$$" that is never closed ends with its paragraph. */
const BLOCK_MATHS =
  /^ {0,3}(?:\$\$((?:(?!\$\$|\n[ \t]*\n)[^])+)\$\$|\\\[((?:(?!\\\]|\n[ \t]*\n)[^])+)\\\])[ \t]*(?:\n|$)/;
/** Not closed, and no blank line yet: until one of them comes, nothing else can be read into it. */
const OPEN_BLOCK_MATHS =
  /^ {0,3}(?:\$\$(?:(?!\$\$|\n[ \t]*\n)[^])*|\\\[(?:(?!\\\]|\n[ \t]*\n)[^])*)$/;
const BLOCK_MATHS_START = /\n {0,3}(?:\$\$|\\\[)/;
const BLANK_LINE = /\n[ \t]*\n/;
/**
 * A single dollar opens a formula only before a character that is no space, and closes one only after
 * such a character and before no digit: "$5 and $10" stays money.
 */
const INLINE_MATHS =
  /^(?:\$\$((?:\\.|[^$\\\n]){1,2000})\$\$|\$(?![\s$])((?:\\.|[^$\\\n]){0,1999}?(?:\\.|[^$\\\s]))\$(?![\d$])|\\\(((?:(?!\\\))[^\n]){1,2000})\\\)|\\\[((?:(?!\\\])[^\n]){1,2000})\\\])/;

const blockMaths: TokenizerAndRendererExtension = {
  name: 'maths',
  level: 'block',
  start(source) {
    // A formula can only cut into the paragraph at hand, so no more than that is searched.
    const end = BLANK_LINE.exec(source)?.index ?? source.length;
    return BLOCK_MATHS_START.exec(source.slice(0, end))?.index;
  },
  tokenizer(source): MathsToken | OpenMathsToken | undefined {
    const match = BLOCK_MATHS.exec(source);
    const text = (match?.[1] ?? match?.[2] ?? '').trim();
    if (match && text !== '') return { type: 'maths', raw: match[0], text, display: true };
    const open = OPEN_BLOCK_MATHS.exec(source);
    return open ? { type: 'open_maths', raw: open[0] } : undefined;
  },
};

const inlineMaths: TokenizerAndRendererExtension = {
  name: 'inlineMaths',
  level: 'inline',
  start(source) {
    return /\$|\\[([]/.exec(source)?.index;
  },
  tokenizer(source): MathsToken | undefined {
    const match = INLINE_MATHS.exec(source);
    if (!match) return undefined;
    const [raw, doubled, single, round, square] = match;
    const text = (doubled ?? single ?? round ?? square ?? '').trim();
    if (text === '') return undefined;
    const display = doubled !== undefined || square !== undefined;
    return { type: 'maths', raw, text, display };
  },
};

const options: MarkedOptions = new Marked({
  gfm: true,
  extensions: [blockMaths, inlineMaths],
}).defaults;

/** A lexer of its own: its link definitions and its queue belong to one reading. */
export function createLexer(): Lexer {
  return new Lexer({ ...options, tokenizer: new CarefulTokenizer() });
}
