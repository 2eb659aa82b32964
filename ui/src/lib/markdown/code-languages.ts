/** The languages that are coloured, by the names that people and models give them after a fence. */

const LANGUAGES = {
  bash: { label: 'Shell', names: ['bash', 'sh', 'shell', 'zsh', 'console', 'shellscript'] },
  c: { label: 'C', names: ['c', 'h'] },
  cpp: { label: 'C++', names: ['cpp', 'c++', 'cc', 'cxx', 'hpp'] },
  csharp: { label: 'C#', names: ['csharp', 'cs', 'c#'] },
  css: { label: 'CSS', names: ['css'] },
  diff: { label: 'Diff', names: ['diff', 'patch'] },
  go: { label: 'Go', names: ['go', 'golang'] },
  html: { label: 'HTML', names: ['html', 'htm', 'svg'] },
  java: { label: 'Java', names: ['java'] },
  javascript: { label: 'JavaScript', names: ['javascript', 'js', 'mjs', 'cjs'] },
  json: { label: 'JSON', names: ['json', 'jsonc', 'json5', 'jsonl'] },
  kotlin: { label: 'Kotlin', names: ['kotlin', 'kt'] },
  python: { label: 'Python', names: ['python', 'py', 'python3'] },
  rust: { label: 'Rust', names: ['rust', 'rs'] },
  sql: { label: 'SQL', names: ['sql', 'postgresql', 'mysql', 'sqlite'] },
  swift: { label: 'Swift', names: ['swift'] },
  toml: { label: 'TOML', names: ['toml'] },
  tsx: { label: 'TSX', names: ['tsx', 'jsx'] },
  typescript: { label: 'TypeScript', names: ['typescript', 'ts', 'mts', 'cts'] },
  xml: { label: 'XML', names: ['xml', 'xsl'] },
  yaml: { label: 'YAML', names: ['yaml', 'yml'] },
} as const;

export type CodeLanguage = keyof typeof LANGUAGES;

const BY_NAME = new Map<string, CodeLanguage>(
  (Object.keys(LANGUAGES) as CodeLanguage[]).flatMap((language) =>
    LANGUAGES[language].names.map((name) => [name, language] as const),
  ),
);

/** The language that a fence's first word means, if it is one that is coloured. */
export function codeLanguage(name: string): CodeLanguage | null {
  return BY_NAME.get(name.toLowerCase()) ?? null;
}

/** What stands at the head of a code block. */
export function languageLabel(name: string): string {
  const language = codeLanguage(name);
  if (language) return LANGUAGES[language].label;
  return name === '' ? 'Text' : name;
}
