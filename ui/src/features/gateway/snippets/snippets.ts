/**
 * How programs are told to ask here instead of a provider, ready to be pasted. Names of models come
 * from providers, so each is written as the language at hand writes a string and can begin nothing else.
 */

export const TOKEN_PLACEHOLDER = 'YOUR_TOKEN';
const MODEL_PLACEHOLDER = 'YOUR_MODEL';

export interface SnippetFacts {
  /** Where the gateway listens, such as `http://127.0.0.1:4180`. */
  address: string;
  /** `null` where it is not at hand. */
  token: string | null;
  /** What is asked for; `null` where there is nothing to ask for yet. */
  model: string | null;
}

export interface Snippet {
  id: string;
  /** On its tab. */
  name: string;
  language: 'python' | 'typescript' | 'bash' | 'yaml' | 'json';
  /** Where it belongs, or what to do besides, in a sentence. */
  note: string;
  text: string;
}

interface Words {
  /** Where OpenAI's packages ask. */
  base: string;
  /** Where Anthropic's do: they add the version themselves. */
  root: string;
  token: string;
  model: string;
}

/** JSON's strings are strings in Python, TypeScript and YAML too. */
const quoted = (text: string) => JSON.stringify(text);

/** One word of a shell, whatever is in it. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

const HELLO = '[{"role": "user", "content": "Hello"}]';

function pythonOpenAi({ base, token, model }: Words): string {
  return `from openai import OpenAI

client = OpenAI(
    base_url=${quoted(base)},
    api_key=${quoted(token)},
)
answer = client.chat.completions.create(
    model=${quoted(model)},
    messages=${HELLO},
)
print(answer.choices[0].message.content)
`;
}

function pythonAnthropic({ root, token, model }: Words): string {
  return `from anthropic import Anthropic

client = Anthropic(
    base_url=${quoted(root)},
    api_key=${quoted(token)},
)
message = client.messages.create(
    model=${quoted(model)},
    max_tokens=1024,
    messages=${HELLO},
)
print(message.content[0].text)
`;
}

function typescriptOpenAi({ base, token, model }: Words): string {
  return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${quoted(base)},
  apiKey: ${quoted(token)},
});
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0]?.message.content);
`;
}

function typescriptAnthropic({ root, token, model }: Words): string {
  return `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  baseURL: ${quoted(root)},
  apiKey: ${quoted(token)},
});
const message = await client.messages.create({
  model: ${quoted(model)},
  max_tokens: 1024,
  messages: [{ role: "user", content: "Hello" }],
});
for (const block of message.content) {
  if (block.type === "text") console.log(block.text);
}
`;
}

function curl({ base, token, model }: Words): string {
  const body = `{"model": ${quoted(model)}, "messages": ${HELLO}}`;
  return `curl ${shellWord(`${base}/chat/completions`)} \\
  -H ${shellWord(`Authorization: Bearer ${token}`)} \\
  -H 'Content-Type: application/json' \\
  -d ${shellWord(body)}
`;
}

function langChain({ base, token, model }: Words): string {
  return `from langchain_openai import ChatOpenAI

model = ChatOpenAI(
    base_url=${quoted(base)},
    api_key=${quoted(token)},
    model=${quoted(model)},
)
print(model.invoke("Hello").content)
`;
}

function llm({ base, token, model }: Words): string {
  return `llm keys set patchbay --value ${shellWord(token)}
cat >> "$(dirname "$(llm logs path)")/extra-openai-models.yaml" <<'END'
- model_id: patchbay
  model_name: ${quoted(model)}
  api_base: ${quoted(base)}
  api_key_name: patchbay
END
llm -m patchbay Hello
`;
}

function aider({ base, token, model }: Words): string {
  return `export OPENAI_API_BASE=${shellWord(base)}
export OPENAI_API_KEY=${shellWord(token)}
aider --model ${shellWord(`openai/${model}`)}
`;
}

function claudeCode({ root, token, model }: Words): string {
  return `unset ANTHROPIC_API_KEY
export ANTHROPIC_BASE_URL=${shellWord(root)}
export ANTHROPIC_AUTH_TOKEN=${shellWord(token)}
export ANTHROPIC_MODEL=${shellWord(model)}
export ANTHROPIC_DEFAULT_HAIKU_MODEL=${shellWord(model)}
claude
`;
}

function continueYaml({ base, token, model }: Words): string {
  return `name: Patchbay
version: 0.0.1
schema: v1
models:
  - name: Patchbay
    provider: openai
    model: ${quoted(model)}
    apiBase: ${quoted(base)}
    apiKey: ${quoted(token)}
    roles:
      - chat
      - edit
      - apply
`;
}

/** Two blanks a level, as editors write their settings. */
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function zed({ base, model }: Words): string {
  return json({
    language_models: {
      openai_compatible: {
        Patchbay: {
          api_url: base,
          available_models: [{ name: model, display_name: model, max_tokens: 128_000 }],
        },
      },
    },
  });
}

function vsCode({ base, token, model }: Words): string {
  return json([
    {
      name: 'Patchbay',
      vendor: 'customendpoint',
      apiKey: token,
      apiType: 'chat-completions',
      models: [
        {
          id: model,
          name: model,
          url: `${base}/chat/completions`,
          toolCalling: true,
          vision: false,
          maxInputTokens: 128_000,
          maxOutputTokens: 16_000,
        },
      ],
    },
  ]);
}

const KINDS: readonly (Omit<Snippet, 'text'> & { write: (words: Words) => string })[] = [
  {
    id: 'python-openai',
    name: 'Python, openai',
    language: 'python',
    note: 'pip install openai. Streaming, tools and structured answers work as they do with OpenAI.',
    write: pythonOpenAi,
  },
  {
    id: 'python-anthropic',
    name: 'Python, anthropic',
    language: 'python',
    note: 'pip install anthropic. Any model can be named, also one that is not Anthropic’s.',
    write: pythonAnthropic,
  },
  {
    id: 'typescript-openai',
    name: 'TypeScript, openai',
    language: 'typescript',
    note: 'npm install openai.',
    write: typescriptOpenAi,
  },
  {
    id: 'typescript-anthropic',
    name: 'TypeScript, anthropic',
    language: 'typescript',
    note: 'npm install @anthropic-ai/sdk.',
    write: typescriptAnthropic,
  },
  {
    id: 'curl',
    name: 'curl',
    language: 'bash',
    note: 'Add -i to see who answered, in how many attempts and at what cost: the x-patchbay headers.',
    write: curl,
  },
  {
    id: 'langchain',
    name: 'LangChain',
    language: 'python',
    note: 'pip install langchain-openai.',
    write: langChain,
  },
  {
    id: 'llm',
    name: 'llm',
    language: 'bash',
    note: 'Run once; from then on the model is called patchbay.',
    write: llm,
  },
  {
    id: 'aider',
    name: 'Aider',
    language: 'bash',
    note: 'The prefix openai/ tells Aider which format to speak; Patchbay never sees it.',
    write: aider,
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    language: 'bash',
    note: 'The same values also go under "env" in ~/.claude/settings.json.',
    write: claudeCode,
  },
  {
    id: 'continue',
    name: 'Continue',
    language: 'yaml',
    note: 'In ~/.continue/config.yaml; where there is one already, add the entry under models.',
    write: continueYaml,
  },
  {
    id: 'zed',
    name: 'Zed',
    language: 'json',
    note: 'In settings.json, with the context of your model as max_tokens. The token goes into the panel of providers, or into PATCHBAY_API_KEY.',
    write: zed,
  },
  {
    id: 'vs-code',
    name: 'VS Code',
    language: 'json',
    note: 'VS Code 1.122 or later: “Chat: Open Language Models (JSON)”. Set the two limits to those of your model.',
    write: vsCode,
  },
];

export function snippetsFor({ address, token, model }: SnippetFacts): Snippet[] {
  const root = address.replace(/\/+$/, '');
  const words: Words = {
    base: `${root}/v1`,
    root,
    token: token ?? TOKEN_PLACEHOLDER,
    model: model ?? MODEL_PLACEHOLDER,
  };
  return KINDS.map(({ write, ...rest }) => ({ ...rest, text: write(words) }));
}
