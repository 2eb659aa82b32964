/** Made-up models, each with what is known of it, and any number of them for lists that are long. */

export interface Known {
  /** `maker/model`. */
  id: string;
  name: string;
  maker: string;
  family: string;
  context: number | null;
  maxOutput: number | null;
  /** Dollars for a million tokens: prompt, answer, prompt from the cache. */
  price: readonly [input: number, output: number, cacheRead?: number] | null;
  reads: readonly string[];
  gives: readonly string[];
  hasTools: boolean | null;
  hasReasoning: boolean | null;
  hasJsonSchema: boolean | null;
  hasOpenWeights: boolean | null;
  releasedDaysAgo: number | null;
}

type Row = readonly [
  id: string,
  name: string,
  context: number,
  price: Known['price'],
  /** i images, p PDF, a audio, t tools, r thinking, j JSON schema, o open weights. */
  marks: string,
  releasedDaysAgo: number,
];

const MAKERS: Record<string, string> = {
  anthropic: 'Anthropic',
  deepseek: 'DeepSeek',
  google: 'Google',
  openai: 'OpenAI',
  mistralai: 'Mistral',
  'meta-llama': 'Meta',
  qwen: 'Qwen',
  moonshotai: 'Moonshot AI',
  'x-ai': 'xAI',
  microsoft: 'Microsoft',
};

const ROWS: readonly Row[] = [
  ['anthropic/claude-sonnet-4.6', 'claude-sonnet-4.6', 1_000_000, [3, 15, 0.3], 'iptrj', 120],
  ['deepseek/deepseek-chat', 'deepseek-chat', 131_072, [0.28, 0.42, 0.028], 'tjo', 200],
  ['google/gemini-flash', 'gemini-flash', 1_048_576, [0.3, 2.5, 0.075], 'ipatrj', 150],
  ['openai/gpt-6.1', 'gpt-6.1', 400_000, [1.25, 10, 0.125], 'iptrj', 40],
  ['anthropic/claude-haiku-4.6', 'claude-haiku-4.6', 200_000, [1, 5, 0.1], 'iptrj', 90],
  ['anthropic/claude-opus-4.6', 'claude-opus-4.6', 1_000_000, [5, 25, 0.5], 'iptrj', 60],
  ['openai/gpt-6.1-mini', 'gpt-6.1-mini', 400_000, [0.25, 2, 0.025], 'iptrj', 40],
  ['openai/gpt-6.1-nano', 'gpt-6.1-nano', 400_000, [0.05, 0.4, 0.005], 'itj', 3],
  ['openai/gpt-oss-120b', 'gpt-oss-120b', 131_072, [0.15, 0.6], 'trjo', 110],
  ['google/gemini-pro', 'gemini-pro', 1_048_576, [1.25, 10, 0.31], 'ipatrj', 5],
  ['google/gemma-3-27b-it', 'gemma-3-27b-it', 131_072, [0.075, 0.15], 'io', 250],
  ['deepseek/deepseek-reasoner', 'deepseek-reasoner', 131_072, [0.28, 0.42, 0.028], 'trjo', 200],
  ['mistralai/mistral-large', 'mistral-large', 262_144, [0.5, 1.5], 'itjo', 20],
  ['mistralai/codestral', 'codestral', 256_000, [0.3, 0.9], 'tj', 180],
  ['meta-llama/llama-4-maverick', 'llama-4-maverick', 1_048_576, [0.15, 0.6], 'itjo', 230],
  ['meta-llama/llama-3.2-3b', 'llama-3.2-3b', 131_072, [0, 0], 'to', 400],
  ['qwen/qwen3-4b', 'qwen3-4b', 40_960, [0, 0], 'tro', 300],
  ['qwen/qwen3-max', 'qwen3-max', 262_144, [1.2, 6, 0.24], 'tj', 15],
  ['moonshotai/kimi-k2', 'kimi-k2', 262_144, [0.6, 2.5, 0.15], 'trjo', 30],
  ['x-ai/grok-5', 'grok-5', 2_000_000, [2, 8, 0.5], 'itrj', 2],
];

/** Other kinds, which hold no conversations. */
const OTHER_KINDS: readonly (readonly [string, string, string])[] = [
  ['openai/text-embedding-4', 'text-embedding-4', 'embedding'],
  ['openai/gpt-image-2', 'gpt-image-2', 'image'],
  ['openai/gpt-voice', 'gpt-voice', 'audio'],
  ['google/veo-4', 'veo-4', 'video'],
];

function known([id, name, context, price, marks, releasedDaysAgo]: Row): Known {
  const has = (mark: string) => marks.includes(mark);
  const maker = id.slice(0, id.indexOf('/'));
  return {
    id,
    name,
    maker: MAKERS[maker] ?? maker,
    family: name.split(/[-\d]/)[0] ?? name,
    context,
    maxOutput: Math.min(context, 64_000),
    price,
    reads: [
      'text',
      ...(has('i') ? ['image'] : []),
      ...(has('p') ? ['pdf'] : []),
      ...(has('a') ? ['audio', 'video'] : []),
    ],
    gives: ['text'],
    hasTools: has('t'),
    hasReasoning: has('r'),
    hasJsonSchema: has('j'),
    hasOpenWeights: has('o'),
    releasedDaysAgo,
  };
}

export const KNOWN: readonly Known[] = ROWS.map(known);

export const OTHERS: readonly Known[] = OTHER_KINDS.map(([id, name, kind]) => ({
  ...known([id, name, 8_192, [0.1, 0], '', 300]),
  gives: [kind],
  hasTools: false,
  context: null,
  maxOutput: null,
}));

const LINES = ['atlas', 'borealis', 'cirrus', 'dune', 'ember', 'fjord', 'grove', 'halo', 'iris'];
const SIZES = ['1b', '3b', '8b', '14b', '32b', '70b', '120b', '405b'];
const KINDS = ['instruct', 'thinking', 'vision', 'coder', 'chat'];

/** The model with this number, the same each time. */
export function generated(index: number): Known {
  const makers = Object.keys(MAKERS);
  const maker = makers[index % makers.length] ?? 'openai';
  const line = LINES[index % LINES.length] ?? 'atlas';
  const size = SIZES[(index * 5) % SIZES.length] ?? '8b';
  const kind = KINDS[(index * 7) % KINDS.length] ?? 'chat';
  const name = `${line}-${1 + (index % 4)}.${Math.floor(index / 40) % 10}-${size}-${kind}-${index}`;
  const input = Number(((((index * 37) % 200) + 1) * 0.025).toFixed(3));
  const marks = `${kind === 'vision' ? 'i' : ''}${index % 3 ? 't' : ''}${kind === 'thinking' ? 'r' : ''}${index % 2 ? 'j' : ''}${index % 5 ? 'o' : ''}`;
  const price: Known['price'] =
    index % 11 === 0 ? null : index % 17 === 0 ? [0, 0] : [input, input * 4];
  return known([`${maker}/${name}`, name, 8_192 << (index % 6), price, marks, 10 + (index % 700)]);
}
