import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import { shellWord, snippetsFor, TOKEN_PLACEHOLDER } from './snippets';

const FACTS = { address: 'http://127.0.0.1:4180', token: 'pb-0123', model: 'openai/gpt-6.1' };
const textOf = (id: string, facts: Partial<typeof FACTS> & { token?: string | null } = {}) =>
  snippetsFor({ ...FACTS, ...facts }).find((each) => each.id === id)?.text ?? '';

describe('snippets', () => {
  it('gives OpenAI’s packages the address with the version, and Anthropic’s the one without', () => {
    for (const id of ['python-openai', 'typescript-openai', 'langchain', 'aider', 'llm']) {
      expect(textOf(id), id).toContain('http://127.0.0.1:4180/v1');
    }
    for (const id of ['continue', 'zed', 'curl', 'vs-code']) {
      expect(textOf(id), id).toContain('http://127.0.0.1:4180/v1');
    }
    for (const id of ['python-anthropic', 'typescript-anthropic', 'claude-code']) {
      expect(textOf(id), id).toContain('http://127.0.0.1:4180');
      expect(textOf(id), id).not.toContain('/v1');
    }
  });

  it('adds the version once, whether or not the address ends with a slash', () => {
    expect(textOf('curl', { address: 'http://127.0.0.1:4180/' })).toContain('4180/v1/chat');
  });

  it('has the token where there is one, and a placeholder where there is none', () => {
    for (const { id, text } of snippetsFor(FACTS)) {
      // Zed keeps keys in the keychain and takes none from its settings.
      if (id === 'zed') expect(text).not.toContain('pb-0123');
      else expect(text, id).toContain('pb-0123');
    }
    for (const { id, text } of snippetsFor({ ...FACTS, token: null })) {
      if (id !== 'zed') expect(text, id).toContain(TOKEN_PLACEHOLDER);
    }
  });

  it('names the model in each of them', () => {
    for (const { id, text } of snippetsFor(FACTS)) expect(text, id).toContain('openai/gpt-6.1');
    for (const { id, text } of snippetsFor({ ...FACTS, model: null })) {
      expect(text, id).toContain('YOUR_MODEL');
    }
  });

  it('tells Aider the format and not the provider', () => {
    expect(textOf('aider', { model: 'everyday' })).toContain('--model openai/everyday\n');
  });

  it('writes settings of editors that can be read', () => {
    expect(JSON.parse(textOf('zed'))).toMatchObject({
      language_models: { openai_compatible: { Patchbay: { api_url: 'http://127.0.0.1:4180/v1' } } },
    });
    expect(JSON.parse(textOf('vs-code'))).toMatchObject([
      {
        vendor: 'customendpoint',
        models: [{ id: 'openai/gpt-6.1', url: 'http://127.0.0.1:4180/v1/chat/completions' }],
      },
    ]);
  });

  it('lets no name of a model end its string', () => {
    const model = `x"; $(rm -rf ~) '\nEND\n- "`;
    const string = JSON.stringify(model);
    for (const id of ['python-openai', 'python-anthropic', 'typescript-openai', 'langchain']) {
      expect(textOf(id, { model }), id).toContain(string);
    }
    for (const id of ['typescript-anthropic', 'continue', 'llm']) {
      expect(textOf(id, { model }), id).toContain(string);
    }
    // What stands between two single quotes of a shell is nothing but text.
    expect(textOf('claude-code', { model })).toContain(
      `export ANTHROPIC_MODEL='x"; $(rm -rf ~) '\\''\nEND\n- "'\n`,
    );
    expect(JSON.parse(textOf('zed', { model }))).toBeTruthy();
  });

  it('quotes a word of a shell only where it must', () => {
    expect(shellWord('openai/gpt-6.1')).toBe('openai/gpt-6.1');
    expect(shellWord('two words')).toBe("'two words'");
    expect(shellWord("it's")).toBe(String.raw`'it'\''s'`);
    expect(shellWord('$HOME')).toBe("'$HOME'");
    expect(shellWord('')).toBe("''");
  });

  it('writes what a shell reads back letter by letter', () => {
    for (const text of [`x"; $(echo no) '\n\\ \`echo no\``, '~', '*', 'a\tb', "''"]) {
      expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`]).toString()).toBe(text);
    }
  });
});
