/**
 * Colours code apart from the window, so that a long block or a slow pattern never holds up typing.
 * The browser's regular expressions instead of WebAssembly keep 'wasm-unsafe-eval' out of the content
 * security policy. What goes back is plain data: pieces of text and what each of them is.
 */

import {
  createHighlighterCore,
  type HighlighterCore,
  type LanguageInput,
  type ThemeRegistrationRaw,
} from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';

import type { CodeLanguage } from './code-languages';
import type { CodeLine, HighlightAnswer, HighlightRequest, TokenKind } from './highlight';

const GRAMMARS: Record<CodeLanguage, LanguageInput> = {
  bash: () => import('shiki/langs/bash.mjs'),
  c: () => import('shiki/langs/c.mjs'),
  cpp: () => import('shiki/langs/cpp.mjs'),
  csharp: () => import('shiki/langs/csharp.mjs'),
  css: () => import('shiki/langs/css.mjs'),
  diff: () => import('shiki/langs/diff.mjs'),
  go: () => import('shiki/langs/go.mjs'),
  html: () => import('shiki/langs/html.mjs'),
  java: () => import('shiki/langs/java.mjs'),
  javascript: () => import('shiki/langs/javascript.mjs'),
  json: () => import('shiki/langs/json.mjs'),
  kotlin: () => import('shiki/langs/kotlin.mjs'),
  python: () => import('shiki/langs/python.mjs'),
  rust: () => import('shiki/langs/rust.mjs'),
  sql: () => import('shiki/langs/sql.mjs'),
  swift: () => import('shiki/langs/swift.mjs'),
  toml: () => import('shiki/langs/toml.mjs'),
  tsx: () => import('shiki/langs/tsx.mjs'),
  typescript: () => import('shiki/langs/typescript.mjs'),
  xml: () => import('shiki/langs/xml.mjs'),
  yaml: () => import('shiki/langs/yaml.mjs'),
};

/** Later entries win where a scope fits several, as in every theme. */
const SCOPES: readonly (readonly [TokenKind, readonly string[]])[] = [
  ['function', ['entity.name.function', 'support.function', 'meta.function-call.generic']],
  [
    'type',
    [
      'entity.name.type',
      'entity.name.class',
      'entity.other.inherited-class',
      'support.type',
      'support.class',
      'entity.name.namespace',
    ],
  ],
  [
    'keyword',
    [
      'keyword',
      'storage',
      'variable.language',
      'entity.name.tag',
      'punctuation.definition.keyword',
    ],
  ],
  ['plain', ['keyword.operator', 'storage.type.function.arrow', 'punctuation']],
  [
    'keyword',
    ['keyword.operator.new', 'keyword.operator.expression', 'keyword.operator.logical.python'],
  ],
  ['number', ['constant.numeric', 'constant.language', 'constant.character.escape']],
  ['string', ['string', 'punctuation.definition.string', 'markup.inline.raw']],
  ['plain', ['meta.template.expression', 'meta.embedded']],
  [
    'type',
    ['support.type.property-name', 'entity.other.attribute-name', 'variable.other.property.toml'],
  ],
  [
    'function',
    ['support.type.property-name.css', 'entity.name.tag.yaml', 'support.type.property-name.toml'],
  ],
  ['comment', ['comment', 'punctuation.definition.comment']],
  ['inserted', ['markup.inserted']],
  ['deleted', ['markup.deleted']],
];

/** A theme speaks in colours: each kind is one that stands for itself, and is never painted. */
const KINDS: readonly TokenKind[] = [...new Set(SCOPES.map(([kind]) => kind))];
const colourOf = (kind: TokenKind) => `#0000${(KINDS.indexOf(kind) + 16).toString(16)}`;
const KIND_OF = new Map(KINDS.map((kind) => [colourOf(kind), kind]));

const theme: ThemeRegistrationRaw = {
  name: 'kinds',
  type: 'light',
  fg: colourOf('plain'),
  bg: '#ffffff',
  settings: [
    { settings: { foreground: colourOf('plain') } },
    ...SCOPES.map(([kind, scope]) => ({
      scope: [...scope],
      settings: { foreground: colourOf(kind) },
    })),
  ],
};

let highlighter: Promise<HighlighterCore> | undefined;

async function colour({ language, code }: HighlightRequest): Promise<CodeLine[]> {
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const ready = await highlighter;
  if (!ready.getLoadedLanguages().includes(language)) {
    await ready.loadLanguage(GRAMMARS[language]);
  }
  const lines = ready.codeToTokensBase(code, {
    lang: language,
    theme: 'kinds',
    tokenizeMaxLineLength: 2000,
    tokenizeTimeLimit: 2000,
  });
  return lines.map((line) =>
    line.map(({ content, color }) => [
      content,
      KIND_OF.get((color ?? '').toLowerCase()) ?? 'plain',
    ]),
  );
}

addEventListener('message', (event: MessageEvent<HighlightRequest>) => {
  const { id } = event.data;
  const answer = (lines: CodeLine[] | null) => postMessage({ id, lines } satisfies HighlightAnswer);
  colour(event.data).then(answer, () => answer(null));
});
