/** The gateway in memory: it listens to nobody, and keeps the rules about tokens, names and texts. */

import type { PlainName, Reply, Request } from '../backend';
import type {
  AppDraft,
  AppRequestDetailView,
  AppRequestView,
  AppTurn,
  AppView,
  AppWithToken,
  ConversationView,
  GatewaySettings,
  LiteLlmExportView,
  MessageView,
  ModelView,
  RouteView,
  RunView,
  StoreChanged,
  TelemetryView,
} from '../gen/types';
import { gatewayApps, gatewayRequests } from './gateway-samples';
import { refuse } from './refuse';
import { savedFile } from './saved';

type GatewayNames = Exclude<
  Extract<PlainName, `app_${string}` | `gateway_${string}` | `telemetry_${string}`>,
  'app_information'
>;
export type GatewayHandlers = {
  [Name in GatewayNames]: (request: Request<Name>) => Reply<Name>;
};

/** A request with what is kept of it. */
export interface MadeRequest {
  view: AppRequestView;
  turns: AppTurn[];
  answer: string | null;
  toolCalls: string | null;
  run: RunView;
}

export interface GatewaySurroundings {
  models: () => readonly ModelView[];
  routes: () => readonly RouteView[];
  id: (kind: string) => string;
  addConversation: (view: ConversationView) => void;
  changed: (change: Partial<StoreChanged>) => void;
}

/** Another program has it. */
const TAKEN_PORT = 8080;
const USUAL_PORT = 4180;

const NOT_SENT: TelemetryView = {
  isOn: false,
  address: '',
  header: null,
  scheme: null,
  hasSecret: false,
  batches: 0,
  lastAt: null,
  problem: null,
};

export class FakeGateway {
  #settings: GatewaySettings = { isOn: false, port: USUAL_PORT };
  #apps: AppView[] = [];
  readonly #deleted = new Map<string, AppView>();
  #requests: MadeRequest[] = [];
  #tokens = 0;
  #telemetry: TelemetryView = NOT_SENT;

  constructor(
    private readonly around: GatewaySurroundings,
    samples: 'none' | 'some' | 'many' = 'none',
  ) {
    if (samples === 'none') return;
    const now = Date.now();
    this.#settings = { isOn: true, port: USUAL_PORT };
    this.#apps = gatewayApps(now);
    this.#requests = gatewayRequests(now, samples === 'many' ? 130 : 7);
  }

  #litellm(): LiteLlmExportView {
    if (this.around.routes().length === 0) {
      refuse(
        'invalid_input',
        'There is no route to export.',
        'Write one down in Models & routes first.',
        'routes',
      );
    }
    return {
      yaml: 'model_list: []\n',
      variables: [
        { name: 'LITELLM_MASTER_KEY', holds: 'A key of your own for the proxy.' },
        { name: 'OPENROUTER_API_KEY', holds: 'The key for OpenRouter.' },
      ],
      notes: ['The model inside Patchbay is left out: it runs on this computer alone.'],
    };
  }

  run(runId: string): RunView | undefined {
    return this.#requests.find(({ run }) => run.id === runId)?.run;
  }

  nameOf(id: string): string | undefined {
    return (this.#apps.find((app) => app.id === id) ?? this.#deleted.get(id))?.name;
  }

  readonly handlers: GatewayHandlers = {
    gateway_status: () => this.#status(),
    gateway_set: (settings) => {
      if (settings.port === 0) {
        refuse(
          'invalid_input',
          '0 is no port that a program could be told.',
          'Choose one from 1024 to 65535.',
          'port',
        );
      }
      this.#settings = settings;
      return this.#status();
    },
    telemetry_status: () => this.#telemetry,
    telemetry_set: ({ isOn, address, header, secret }) => {
      if (!/^https?:\/\/[^/]/.test(address)) {
        refuse(
          'invalid_input',
          `“${address}” is not the address of a collector.`,
          'It begins with http:// or https://, and mostly ends with the port 4318.',
          'address',
        );
      }
      const hasSecret = header !== null && (secret !== null || this.#telemetry.hasSecret);
      this.#telemetry = { ...NOT_SENT, isOn, address, header, hasSecret };
      return this.#telemetry;
    },
    telemetry_test: () => {
      this.#telemetry = this.#telemetry.address.includes('refused')
        ? { ...this.#telemetry, problem: 'Nothing listens at this address.' }
        : {
            ...this.#telemetry,
            batches: this.#telemetry.batches + 1,
            lastAt: Date.now(),
            problem: null,
          };
      return this.#telemetry;
    },
    gateway_litellm: () => this.#litellm(),
    gateway_litellm_save: () => savedFile('LiteLLM config.yaml', this.#litellm().yaml),
    app_list: () => this.#apps,
    app_create: (draft) => {
      const checked = this.#checked(draft, null);
      const app: AppView = {
        ...checked,
        id: this.#freeId(checked.name),
        tokenHint: '',
        createdAt: Date.now(),
        lastUsedAt: null,
        revokedAt: null,
      };
      this.#apps = [...this.#apps, app];
      return this.#issue(app);
    },
    app_save: ({ id, ...draft }) => {
      const app = this.#app(id);
      return this.#put({ ...app, ...this.#checked(draft, id) });
    },
    app_revoke: ({ id }) => {
      const app = this.#app(id);
      return this.#put({ ...app, revokedAt: app.revokedAt ?? Date.now() });
    },
    app_renew: ({ id }) => this.#issue({ ...this.#app(id), revokedAt: null }),
    app_delete: ({ id }) => {
      this.#deleted.set(id, this.#app(id));
      this.#apps = this.#apps.filter((app) => app.id !== id);
      this.around.changed({ apps: true });
      return null;
    },
    app_restore: ({ id }) => {
      const app = this.#deleted.get(id) ?? gone();
      this.#apps = [...this.#apps, app];
      this.around.changed({ apps: true });
      return app;
    },
    app_models: (app) => {
      const allowed = app === null ? [] : this.#app(app.id).rules.models;
      const routes = this.around.routes().map(({ name }) => ({
        name: name.toLowerCase().replaceAll(/[^\p{L}\p{N}.]+/gu, '-'),
        title: name,
        isRoute: true,
        isChat: true,
      }));
      const names = new Map(
        this.around
          .models()
          .filter(({ isChat, key, unavailableBecause }) => {
            const embeds = key.includes('embedding');
            return (isChat || embeds) && unavailableBecause === null;
          })
          .map(({ key, name, isChat }) => [
            key,
            { name: key, title: name, isRoute: false, isChat },
          ]),
      );
      return [...routes, ...names.values()].filter(
        ({ name }) => allowed.length === 0 || allowed.includes(name),
      );
    },
    app_request_find: ({ app, text, failed, before, limit }) => {
      const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
      return this.#requests
        .filter(({ view, turns, answer }) => {
          const all = [...turns.map((turn) => turn.text), answer ?? ''].join(' ').toLowerCase();
          return (
            (app === null || view.app === app) &&
            (!failed || view.receipt.outcome === 'failed') &&
            (before === null || view.serial < before) &&
            words.every((word) => all.includes(word))
          );
        })
        .slice(0, limit)
        .map(({ view }) => view);
    },
    app_request_open: ({ runId }) => detailOf(this.#request(runId)),
    app_request_chat: ({ runId }) => this.#openAsChat(this.#request(runId)),
    app_request_stop: ({ runId }) => {
      const made = this.#request(runId);
      if (made.view.receipt.outcome !== 'running') return null;
      const attempts = made.view.receipt.attempts.map((each) => ({
        ...each,
        status: each.status === 'running' ? ('stopped' as const) : each.status,
      }));
      const receipt = { ...made.view.receipt, attempts, outcome: 'stopped' };
      this.#replace({ ...made, view: { ...made.view, receipt, tookMillis: 2_100 } });
      this.around.changed({ appRequests: true });
      return null;
    },
    app_texts_forget: ({ app }) => {
      const own = this.#requests.filter(
        ({ view }) => (app === null || view.app === app) && view.question !== null,
      );
      for (const made of own) {
        const view = { ...made.view, question: null, hasTexts: false };
        this.#replace({ ...made, view, turns: [], answer: null, toolCalls: null });
      }
      this.around.changed({ appRequests: true });
      return own.length;
    },
  };

  #status() {
    const { isOn, port } = this.#settings;
    const isTaken = isOn && port === TAKEN_PORT;
    return {
      settings: this.#settings,
      address: isOn && !isTaken ? `http://127.0.0.1:${port}` : null,
      problem: isTaken ? `Port ${port} is used by another program.` : null,
      advice: isTaken ? 'Choose another port, or end the program that has it.' : null,
    };
  }

  #app(id: string): AppView {
    return this.#apps.find((app) => app.id === id) ?? gone();
  }

  #request(runId: string): MadeRequest {
    return (
      this.#requests.find(({ run }) => run.id === runId) ??
      refuse('not_found', 'The request is not there any more.', '')
    );
  }

  #replace(made: MadeRequest): void {
    this.#requests = this.#requests.map((each) => (each.run.id === made.run.id ? made : each));
  }

  #put(app: AppView): AppView {
    this.#apps = this.#apps.map((each) => (each.id === app.id ? app : each));
    this.around.changed({ apps: true });
    return app;
  }

  #issue(app: AppView): AppWithToken {
    this.#tokens += 1;
    const token = `pb-fake-${app.id}-${String(this.#tokens).padStart(4, '0')}`;
    return { app: this.#put({ ...app, tokenHint: token.slice(-4) }), token };
  }

  #freeId(name: string): string {
    const word = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
    const taken = new Set([...this.#apps, ...this.#deleted.values()].map(({ id }) => id));
    let id = word;
    for (let number = 2; taken.has(id); number += 1) id = `${word}-${number}`;
    return id;
  }

  #checked(draft: AppDraft, own: string | null): AppDraft {
    const name = draft.name.trim();
    if (name === '') {
      refuse(
        'invalid_input',
        'An app needs a name of 1 to 60 characters.',
        'Call it after the program that asks.',
        'name',
      );
    }
    const isTaken = this.#apps.some(
      (app) => app.id !== own && app.name.toLowerCase() === name.toLowerCase(),
    );
    if (isTaken) {
      refuse(
        'invalid_input',
        'There is an app with this name already.',
        'Give it another name.',
        'name',
      );
    }
    return { name, rules: draft.rules };
  }

  #openAsChat(made: MadeRequest) {
    if (!made.view.hasTexts) {
      return refuse(
        'invalid_input',
        'The texts of this request were not kept.',
        'Switch on “Keep texts” for the app, and it will be there next time.',
      );
    }
    const now = Date.now();
    const id = made.view.conversationId ?? this.around.id('conversation');
    const turns = made.turns.filter(({ role }) => role !== 'system');
    const all = [...turns, { role: 'assistant', text: made.answer ?? '' }];
    const messages = all.map(({ role, text }, index): MessageView => ({
      id: `${id}-${index}`,
      parentId: index === 0 ? null : `${id}-${index - 1}`,
      role: role === 'user' ? 'user' : 'assistant',
      text,
      reasoning: '',
      status: 'complete',
      createdAt: now,
      run: index === all.length - 1 ? made.run : null,
    }));
    const summary = { id, title: made.view.question ?? 'Chat', createdAt: now, updatedAt: now };
    this.#replace({ ...made, view: { ...made.view, conversationId: id } });
    this.around.addConversation({
      summary,
      systemPrompt: made.turns.find(({ role }) => role === 'system')?.text ?? '',
      parameters: {
        temperature: null,
        topP: null,
        seed: null,
        maxTokens: null,
        stop: [],
        reasoningEffort: null,
      },
      endpoint: made.run.endpoint,
      target: made.run.target,
      activeLeaf: messages.at(-1)?.id ?? null,
      messages,
    });
    return summary;
  }
}

function detailOf({ view, turns, answer, toolCalls, run }: MadeRequest): AppRequestDetailView {
  const isForEmbeddings = view.path === '/v1/embeddings';
  const { app, model } = view;
  return { runId: run.id, app, model, turns, answer, isForEmbeddings, toolCalls, run };
}

function gone(): never {
  return refuse('not_found', 'That app is not there any more.', 'Make a new one.');
}
