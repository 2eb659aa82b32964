/**
 * The shell's commands in memory: for unit tests, the mock server and the journeys. It keeps the rules
 * that the window relies on (order of events, one end, undo, who may be asked), and nothing else.
 *
 * Long because it answers every command, each in a few lines.
 */

import type { Backend, ChannelMessage, PlainName, Reply, Request, StreamingName } from '../backend';
import type {
  AppInformation,
  BudgetStage,
  ConversationView,
  EndpointView,
  IpcError,
  LabEvent,
  LabRequest,
  LocalModelView,
  MessageView,
  ModelView,
  RunEvent,
  RunStart,
  RunStarted,
  PlanRequest,
  RouteView,
  Settings,
  SkippedView,
  StoreChanged,
  TargetView,
  VaultView,
} from '../gen/types';
import { FakeBudgets, type BudgetHandlers } from './budgets';
import { FakeComparisons, type CompareHandlers, type CompareSurroundings } from './compare';
import { seedLong, seedPicture, seedTable } from './compare-samples';
import { FakeGateway, type GatewayHandlers } from './gateway';
import { FakeHealth, healthSamples, NEVER_ASKED } from './health';
import { FakeLabs, seedLabs } from './lab';
import { FakeModels } from './models';
import { planFor, routeOf, type PlanFacts } from './plan';
import { PRESETS } from './presets';
import { FakePrices, type PriceHandlers } from './prices';
import { FakeOrganisations, type OrganisationHandlers } from './organisations';
import { FakeProof, type ProofHandlers } from './proof';
import { keySamples, providerFrom } from './provider-samples';
import { FakeProviders } from './providers';
import { FakeReceipts } from './receipts';
import { refuse } from './refuse';
import { everydayRoute, FakeRoutes } from './routes';
import { FakeRun } from './run';
import { savedFile } from './saved';
import { emptyAnswer, scriptFor } from './script';
import { FakeSpend, type SpendHandlers } from './spend';
import { madeHistory, madeStops } from './spend-history';
import { testWall } from './wall';

export interface FakeOptions {
  /** How long one token takes. */
  tickMillis?: number;
  conversations?: ConversationView[];
  /** Chats that were deleted; their receipts are still there. */
  deleted?: ConversationView[];
  hasOpenRouter?: boolean;
  /** Apps that use the gateway, and what they asked. */
  gateway?: 'none' | 'some' | 'many';
  /** Many providers, with so many ways in between them. */
  waysIn?: number;
  /** Providers whose keys are in every state there is. */
  hasKeys?: boolean;
  /** A route, and ways in that were measured, one of them paused. */
  hasRoutes?: boolean;
  /** Nothing runs on this computer that could be added. */
  hasNoServers?: boolean;
  localModel?: 'ready' | 'missing';
  /** Measurements of earlier days, and one that goes on already. */
  labs?: 'kept' | 'running' | undefined;
  /** Comparisons of earlier days; one that streams; a table of so many prompts. */
  comparisons?:
    { isStreaming?: boolean; prompts?: number; hasVotes?: boolean; hasLong?: boolean } | undefined;
  /** Four hundred days of attempts. */
  hasSpend?: boolean;
  /** A budget for each day, of which so much is spent. */
  budget?: BudgetStage | undefined;
  vault?: 'ready' | 'locked' | 'no_service';
  hasStorageProblem?: boolean;
  notices?: string[];
  settings?: Partial<Settings>;
}

type OtherHandlers = CompareHandlers &
  SpendHandlers &
  BudgetHandlers &
  PriceHandlers &
  OrganisationHandlers &
  ProofHandlers &
  GatewayHandlers;

type Handlers = {
  [Name in Exclude<PlainName, keyof OtherHandlers>]: (request: Request<Name>) => Reply<Name>;
};

const VAULTS: Record<string, VaultView> = {
  ready: { state: 'ready', title: 'The keychain is ready.', explanation: 'Keys are kept in it.' },
  locked: {
    state: 'locked',
    title: 'The keychain is locked.',
    explanation: 'Unlock it with your login password, then try again.',
  },
  no_service: {
    state: 'no_service',
    title: 'This computer has no keychain service.',
    explanation: 'Install gnome-keyring or KWallet. Until then a key can be kept for this session.',
  },
};

/** The providers of a long list. */
const MANY = [
  'openrouter',
  'anthropic',
  'openai',
  'google',
  'deepseek',
  'mistral',
  'groq',
  'together',
  'nanogpt',
  'ollama',
];

/** Most scripts know no rate, and yet budgets must be seen to fill: a fifth of a cent an answer. */
const STAND_IN = 2_000_000;

const LOCAL_BYTES = 105_454_432;

export class FakeBackend implements Backend {
  /** Everything that was asked, for tests. */
  readonly calls: { command: string; request: unknown }[] = [];
  readonly labs: FakeLabs;
  readonly comparisons: FakeComparisons;
  readonly spend: FakeSpend;
  readonly budgets: FakeBudgets;
  readonly gateway: FakeGateway;
  readonly #prices: FakePrices;
  readonly #organisations: FakeOrganisations;
  readonly #proof: FakeProof;
  readonly #tick: number;
  readonly #conversations = new Map<string, ConversationView>();
  readonly #deleted = new Map<string, ConversationView>();
  readonly #receipts = new FakeReceipts(
    () => this.#conversations.values(),
    () => this.#deleted.values(),
  );
  readonly #providers: FakeProviders;
  readonly #catalogue: FakeModels;
  readonly #routes: FakeRoutes;
  readonly #health: FakeHealth;
  readonly #hasLocalServers: boolean;
  readonly #hasSpend: boolean;
  readonly #runs = new Map<string, FakeRun>();
  #local: LocalModelView;
  #localTimer: ReturnType<typeof setInterval> | undefined;
  #cancelLocal: (() => void) | undefined;
  #vault: string;
  #information: AppInformation;
  #settings: Settings;
  #storeListeners = new Set<(change: StoreChanged) => void>();
  #actionListeners = new Set<(action: string) => void>();
  #nextId = 1;
  #spent = 0;
  #unknown = 0;

  constructor(options: FakeOptions = {}) {
    this.#tick = options.tickMillis ?? 1;
    this.labs = new FakeLabs({
      tickMillis: this.#tick,
      models: () => this.#models(),
      onChange: () => this.#changed({ labs: true }),
    });
    const around = this.#compareSurroundings();
    this.comparisons = new FakeComparisons(around);
    this.#hasLocalServers = options.hasNoServers !== true;
    for (const view of options.conversations ?? []) this.#conversations.set(view.summary.id, view);
    for (const view of options.deleted ?? []) this.#deleted.set(view.summary.id, view);
    const presets = options.waysIn ? MANY : options.hasOpenRouter ? ['openrouter'] : [];
    this.#providers = new FakeProviders(
      options.hasKeys ? keySamples() : presets.map((id) => providerFrom(id, 4)),
      () => this.#vault === 'ready',
      () => this.#changed({ providers: true }),
    );
    this.#catalogue = new FakeModels({ atLeast: options.waysIn ?? 0 });
    this.#routes = new FakeRoutes(options.hasRoutes ? [everydayRoute()] : [], (change) =>
      this.#changed(change),
    );
    this.#health = new FakeHealth(options.hasRoutes ? healthSamples(Date.now()) : [], () =>
      this.#changed({ health: true }),
    );
    if (options.conversations?.length) this.#spent = 412_700_000;
    const chats = [...this.#conversations.values()].map(
      ({ summary }) => [summary.id, summary.title] as const,
    );
    this.spend = new FakeSpend({
      attempts: options.hasSpend ? madeHistory(Date.now(), chats) : [],
      stops: options.hasSpend ? madeStops(Date.now(), chats) : [],
      reservedNanoUsd: options.hasSpend ? 41_600_000 : 0,
      budget: options.budget,
    });
    this.#hasSpend = options.hasSpend === true;
    const providerName = (id: string) =>
      this.#providers.list().find((each) => each.id === id)?.name;
    this.budgets = new FakeBudgets(
      {
        providerName,
        modelName: (key) => this.#models().find((model) => model.key === key)?.name,
        chatTitle: (id) => this.#conversations.get(id)?.summary.title,
        appName: (id) => this.gateway.nameOf(id),
        changed: (change) => this.#changed(change),
      },
      this.#hasSpend,
    );
    this.gateway = new FakeGateway(
      {
        models: () => this.#models(),
        routes: () => this.#routes.list(),
        id: around.id,
        addConversation: around.addConversation,
        changed: around.changed,
      },
      options.gateway,
    );
    this.#prices = new FakePrices(() => this.#models(), this.#hasSpend);
    this.#organisations = new FakeOrganisations(this.#hasSpend);
    this.#proof = new FakeProof(
      {
        providerName,
        someRun: () => this.spend.attempts.at(-1)?.runId ?? null,
        changed: (change) => this.#changed(change),
      },
      this.#hasSpend,
    );
    const isReady = options.localModel !== 'missing';
    this.#local = {
      state: isReady ? 'ready' : 'missing',
      name: 'SmolLM2 135M Instruct',
      doneBytes: isReady ? LOCAL_BYTES : 0,
      totalBytes: LOCAL_BYTES,
      problem: null,
    };
    this.#vault = options.vault ?? 'ready';
    this.#settings = {
      theme: 'system',
      zoom: 100,
      endpoint: presets.includes('openrouter')
        ? { providerId: 'openrouter', model: 'anthropic/claude-sonnet-4.6' }
        : null,
      target: null,
      enterSends: true,
      sidebarOpen: true,
      ...options.settings,
    };
    if (options.comparisons) {
      const { isStreaming = false, prompts = 6, hasVotes = false, hasLong } = options.comparisons;
      if (hasLong) seedLong(this.comparisons, around);
      seedTable(this.comparisons, around, prompts, hasVotes);
      seedPicture(this.comparisons, around, isStreaming);
    }
    if (options.labs) seedLabs(this.labs, Date.now(), options.labs === 'running');
    this.#information = {
      version: '0.1.0',
      dataFolder: '/home/ada/.local/share/patchbay',
      logFolder: '/home/ada/.local/state/patchbay/log',
      storageProblem: options.hasStorageProblem
        ? {
            title: 'The history was written by a newer Patchbay.',
            advice: 'Update Patchbay, or move the data folder away to begin with an empty history.',
            detail: 'schema version 9 in history.db; this version knows 4',
          }
        : null,
      notices: options.notices ?? [],
    };
  }

  async call<Name extends PlainName>(command: Name, request: Request<Name>): Promise<Reply<Name>> {
    this.calls.push({ command, request });
    await Promise.resolve();
    const handlers: { [Each in PlainName]: (request: Request<Each>) => Reply<Each> } = {
      ...this.#handlers,
      ...this.comparisons.handlers,
      ...this.spend.handlers,
      ...this.budgets.handlers,
      ...this.#prices.handlers,
      ...this.#organisations.handlers,
      ...this.#proof.handlers,
      ...this.gateway.handlers,
    };
    return structuredClone(handlers[command](request));
  }

  async stream<Name extends StreamingName>(
    command: Name,
    request: Request<Name>,
    onMessage: (message: ChannelMessage<Name>) => void,
  ): Promise<Reply<Name>> {
    this.calls.push({ command, request });
    await Promise.resolve();
    const streams = {
      run_start: (start: RunStart, listener: (events: RunEvent[]) => void) =>
        this.#runStart(start, listener),
      run_attach: ({ runId }: { runId: string }, listener: (events: RunEvent[]) => void) => {
        const run = this.#runs.get(runId);
        return run ? run.listen(listener) : refuse('not_found', 'That run is over.', '');
      },
      local_model_get: (_: null, listener: (view: LocalModelView) => void) =>
        this.#localGet(listener),
      lab_start: (request: LabRequest, listener: (event: LabEvent) => void) =>
        this.labs.start(request, listener),
    };
    // The signatures differ; the table of commands ties each to its name.
    const run = streams[command] as (
      request: Request<Name>,
      listener: typeof onMessage,
    ) => Reply<Name> | Promise<Reply<Name>>;
    return run(request, onMessage);
  }

  onStoreChanged(listener: (change: StoreChanged) => void): Promise<() => void> {
    this.#storeListeners.add(listener);
    return Promise.resolve(() => this.#storeListeners.delete(listener));
  }

  onWindowAction(listener: (action: string) => void): Promise<() => void> {
    this.#actionListeners.add(listener);
    return Promise.resolve(() => this.#actionListeners.delete(listener));
  }

  /** Sends what a menu entry would. */
  act(action: string): void {
    for (const listener of this.#actionListeners) listener(action);
  }

  #changed(change: Partial<StoreChanged>): void {
    const whole: StoreChanged = {
      conversationList: false,
      conversationIds: [],
      providers: false,
      routes: false,
      health: false,
      labs: false,
      comparisons: false,
      roundIds: [],
      votes: false,
      spend: false,
      budgets: false,
      apps: false,
      appRequests: false,
      settings: false,
      ...change,
    };
    for (const listener of this.#storeListeners) listener(whole);
  }

  #id(kind: string): string {
    this.#nextId += 1;
    return `${kind}-${this.#nextId}`;
  }

  #conversation(id: string): ConversationView {
    return (
      this.#conversations.get(id) ??
      refuse('not_found', 'That chat is not there any more.', 'Start a new one.')
    );
  }

  #models() {
    const isReady = this.#local.state === 'ready';
    return this.#catalogue.list(
      this.#providers.list(),
      isReady ? null : 'It is not on this computer yet.',
    );
  }

  #detail(endpoint: EndpointView) {
    return this.#catalogue.detail(this.#models(), endpoint);
  }

  #update(id: string, change: Partial<ConversationView>): ConversationView {
    const next = { ...this.#conversation(id), ...change };
    this.#conversations.set(id, next);
    this.#changed({ conversationList: true, conversationIds: [id] });
    return next;
  }

  readonly #handlers: Handlers = {
    app_information: () => this.#information,
    storage_retry: () => {
      this.#information = { ...this.#information, storageProblem: null };
      return this.#information;
    },
    settings_get: () => this.#settings,
    settings_set: (settings) => {
      this.#settings = settings;
      this.#changed({ settings: true });
      return null;
    },
    spend_today: () =>
      this.#hasSpend
        ? this.spend.today()
        : {
            todayNanoUsd: this.#spent,
            todayUnknown: this.#unknown,
            todayEstimated: false,
            monthNanoUsd: this.#spent * 15,
            monthUnknown: this.#unknown,
            budget: null,
          },
    vault_status: () => VAULTS[this.#vault] ?? refuse('internal', 'No such vault.', ''),
    vault_retry: () => {
      if (this.#vault === 'locked') this.#vault = 'ready';
      return VAULTS[this.#vault] ?? refuse('internal', 'No such vault.', '');
    },
    ui_log: () => null,
    ui_ready: () => null,
    link_open: () => null,
    conversation_list: () =>
      [...this.#conversations.values()]
        .map(({ summary }) => summary)
        .sort((left, right) => right.updatedAt - left.updatedAt),
    conversation_open: ({ conversationId }) => this.#conversation(conversationId),
    conversation_rename: ({ conversationId, title }) => {
      const { summary } = this.#conversation(conversationId);
      this.#update(conversationId, { summary: { ...summary, title } });
      return null;
    },
    conversation_delete: ({ conversationId }) => {
      this.#deleted.set(conversationId, this.#conversation(conversationId));
      this.#conversations.delete(conversationId);
      this.#changed({ conversationList: true });
      return null;
    },
    conversation_restore: ({ conversationId }) => {
      const view =
        this.#deleted.get(conversationId) ??
        refuse('not_found', 'That chat is gone for good.', 'Start a new one.');
      this.#conversations.set(conversationId, view);
      this.#changed({ conversationList: true });
      return null;
    },
    conversation_set_leaf: ({ conversationId, messageId }) => {
      const { messages } = this.#conversation(conversationId);
      let leaf = messageId;
      for (;;) {
        const child = messages.findLast(({ parentId }) => parentId === leaf);
        if (!child) break;
        leaf = child.id;
      }
      return this.#update(conversationId, { activeLeaf: leaf });
    },
    conversation_set_options: ({ conversationId, systemPrompt, parameters }) => {
      this.#update(conversationId, { systemPrompt, parameters });
      return null;
    },
    model_list: () => this.#models(),
    model_refresh: ({ providerId }) => {
      const { id } = this.#providers.get(providerId);
      return this.#models().filter(({ endpoint }) => endpoint.providerId === id);
    },
    model_detail: ({ endpoint }) => this.#detail(endpoint),
    model_star: ({ key, isStarred }) => {
      this.#catalogue.star(key, isStarred);
      this.#changed({ providers: true });
      return null;
    },
    price_set: (override) => {
      this.#catalogue.setPrice(override);
      this.#changed({ providers: true });
      return this.#detail(override.endpoint);
    },
    price_clear: ({ endpoint }) => {
      this.#catalogue.clearPrice(endpoint);
      this.#changed({ providers: true });
      return this.#detail(endpoint);
    },
    preset_list: () => [...PRESETS],
    local_server_find: () => (this.#hasLocalServers ? this.#providers.found() : []),
    provider_list: () => this.#providers.list(),
    provider_test: (draft) => this.#providers.test(draft),
    provider_save: (draft) => this.#providers.save(draft),
    provider_delete: ({ providerId }) => {
      this.#providers.delete(providerId);
      return null;
    },
    provider_restore: ({ providerId }) => this.#providers.restore(providerId),
    key_set: (request) => this.#providers.setKey(request),
    key_delete: ({ providerId, keyId }) => this.#providers.deleteKey(providerId, keyId),
    key_reorder: ({ providerId, keyIds }) => this.#providers.reorderKeys(providerId, keyIds),
    key_switch: ({ providerId, keyId, isDisabled }) =>
      this.#providers.switchKey(providerId, keyId, isDisabled),
    key_test: ({ providerId, keyId }) => this.#providers.testKey(providerId, keyId),
    balance_refresh: ({ providerId, keyId }) => this.#providers.refreshBalance(providerId, keyId),
    local_model_status: () => this.#local,
    local_model_cancel: () => {
      this.#cancelLocal?.();
      return null;
    },
    run_stop: ({ runId }) => {
      this.#runs.get(runId)?.stop();
      return null;
    },
    route_list: () => this.#routes.list(),
    route_template: () => this.#routes.template(this.#usualKeys()),
    route_save: (route) => this.#routes.save(route),
    route_delete: ({ id }) => {
      this.#routes.delete(id);
      return null;
    },
    route_restore: ({ id }) => this.#routes.restore(id),
    route_reorder: ({ ids }) => {
      this.#routes.reorder(ids);
      return null;
    },
    route_plan: (request) => this.#plan(request),
    route_test: ({ route }) => ({ verdicts: testWall(route) }),
    health_list: () => this.#health.list(),
    health_reset: ({ endpoint }) => {
      this.#health.reset(endpoint);
      return null;
    },
    receipt_find: (search) => this.#receipts.find(search),
    receipt_open: ({ runId }) =>
      this.gateway.run(runId) ??
      this.comparisons.run(runId) ??
      this.spend.run(runId) ??
      this.#receipts.open(runId),
    lab_list: () => this.labs.list(),
    lab_estimate: (request) => this.labs.estimate(request),
    lab_export: (request) => this.labs.export(request),
    lab_save: (request) => {
      const ending = request.format === 'markdown' ? 'md' : request.format;
      return savedFile(`Latency lab.${ending}`, this.labs.export(request));
    },
    lab_delete: ({ id }) => {
      this.labs.delete(id);
      return null;
    },
    lab_stop: ({ id }) => {
      this.labs.stop(id);
      return null;
    },
  };

  #runStart(start: RunStart, listener: (events: RunEvent[]) => void): RunStarted {
    const { model, route, skipped } = this.#firstOf(start.target);
    const { endpoint } = model;
    const conversationId = start.conversationId ?? this.#id('conversation');
    const now = Date.now();
    const before = this.#conversations.get(conversationId);
    const question: MessageView | null =
      start.text === null
        ? null
        : {
            id: this.#id('question'),
            parentId: start.parentId,
            role: 'user',
            text: start.text,
            reasoning: '',
            status: 'complete',
            createdAt: now,
            run: null,
          };
    const parentId =
      question?.id ??
      start.parentId ??
      refuse('invalid_input', 'There is no question.', 'Write one.', 'text');
    const runId = this.#id('run');
    const answer = emptyAnswer(
      this.#id('answer'),
      parentId,
      runId,
      endpoint,
      model.colour,
      start.target,
    );
    if (answer.run) answer.run = { ...answer.run, routeName: route?.name ?? null, skipped };
    const asked = question?.text ?? before?.messages.find(({ id }) => id === parentId)?.text ?? '';
    const view: ConversationView = {
      summary: {
        id: conversationId,
        title: before?.summary.title ?? asked.slice(0, 60),
        createdAt: before?.summary.createdAt ?? now,
        updatedAt: now,
      },
      systemPrompt: start.systemPrompt ?? before?.systemPrompt ?? '',
      parameters: start.parameters ??
        before?.parameters ?? {
          temperature: null,
          topP: null,
          seed: null,
          maxTokens: null,
          stop: [],
          reasoningEffort: null,
        },
      endpoint,
      target: start.target,
      activeLeaf: answer.id,
      messages: [...(before?.messages ?? []), ...(question ? [question] : []), answer],
    };
    this.#conversations.set(conversationId, view);

    const script = scriptFor(endpoint, model.providerName, asked, model.colour ?? undefined);
    const run = new FakeRun(conversationId, runId, answer, script, this.#tick, (now, isOver) =>
      this.#runChanged(conversationId, now, isOver),
    );
    this.#catalogue.used(endpoint);
    this.#runs.set(runId, run);
    run.listen(listener);
    run.play();
    this.#changed({ conversationList: true, conversationIds: [conversationId] });
    return { runId, conversation: view.summary, question, answer };
  }

  #compareSurroundings(): CompareSurroundings {
    return {
      tickMillis: this.#tick,
      models: () => this.#models(),
      firstOf: (target) => this.#firstOf(target),
      pastAnswer: (conversationId, questionId) =>
        this.#conversations
          .get(conversationId)
          ?.messages.find(({ parentId }) => parentId === questionId),
      register: (runId, run) => this.#runs.set(runId, run),
      unregister: (runId) => this.#runs.delete(runId),
      id: (kind) => this.#id(kind),
      changed: (change) => this.#changed(change),
      conversations: () => this.#conversations.values(),
      addConversation: (view) => {
        this.#conversations.set(view.summary.id, view);
        this.#changed({ conversationList: true, conversationIds: [view.summary.id] });
      },
    };
  }

  /** The way in that is asked first. */
  #firstOf(target: TargetView): { model: ModelView; route?: RouteView; skipped: SkippedView[] } {
    const find = ({ providerId, model }: EndpointView) =>
      this.#models().find(
        ({ endpoint }) => endpoint.providerId === providerId && endpoint.model === model,
      ) ?? refuse('not_found', 'That model is not there any more.', 'Choose another one.');
    if (target.kind === 'endpoint') return { model: find(target.endpoint), skipped: [] };
    const route = target.kind === 'route' ? this.#routes.get(target.id) : undefined;
    const { steps, skipped } = this.#plan({ route: null, target, text: '', conversationId: null });
    const first =
      steps[0] ?? refuse('invalid_input', 'Nobody can be asked.', 'Loosen what it requires.');
    return { model: find(first.endpoint), ...(route ? { route } : {}), skipped };
  }

  #plan({ route, target, text, conversationId }: PlanRequest) {
    const wanted =
      route ??
      (target &&
        (routeOf(target) ?? (target.kind === 'route' ? this.#routes.get(target.id) : null)));
    if (!wanted) return refuse('invalid_input', 'There is nothing to plan.', 'Choose a route.');
    const before = conversationId === null ? [] : this.#conversation(conversationId).messages;
    const all = [...before.map((message) => message.text), text].join(' ');
    const facts: PlanFacts = {
      models: this.#models(),
      healthOf: ({ endpoint, isLocal }) => (isLocal ? NEVER_ASKED : this.#health.of(endpoint)),
    };
    return planFor(wanted, all, facts);
  }

  /** What a new route begins with: what is starred, else what was used, else anything. */
  #usualKeys(): string[] {
    const usable = this.#models().filter(
      ({ isChat, unavailableBecause }) => isChat && unavailableBecause === null,
    );
    const usual = usable.filter(({ isStarred, lastUsedAt }) => isStarred || lastUsedAt !== null);
    return [...new Set((usual.length > 0 ? usual : usable.slice(-1)).map(({ key }) => key))];
  }

  #runChanged(conversationId: string, answer: MessageView, isOver: boolean): void {
    const view = this.#conversations.get(conversationId) ?? this.#deleted.get(conversationId);
    if (!view) return;
    const index = view.messages.findIndex(({ id }) => id === answer.id);
    view.messages[index] = answer;
    if (!isOver) return;
    if (answer.run) this.#runs.delete(answer.run.id);
    if (answer.run && answer.status === 'complete') this.#health.answered(answer.run.endpoint, 655);
    if (answer.run?.receipt.cost.kind === 'unknown') this.#unknown += 1;
    this.budgets.spend(answer.run?.receipt.cost.nanoUsd ?? STAND_IN);
    queueMicrotask(() =>
      this.#changed({ conversationIds: [conversationId], conversationList: true, spend: true }),
    );
  }

  #localGet(listener: (view: LocalModelView) => void): Promise<LocalModelView> {
    return new Promise((resolve, reject) => {
      const update = (change: Partial<LocalModelView>) => {
        this.#local = { ...this.#local, ...change };
        listener(this.#local);
      };
      this.#cancelLocal = () => {
        clearInterval(this.#localTimer);
        update({ state: 'missing', doneBytes: 0 });
        const error: Partial<IpcError> = { code: 'cancelled', message: 'Stopped.', advice: '' };
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(error);
      };
      update({ state: 'fetching' });
      this.#localTimer = setInterval(() => {
        const doneBytes = this.#local.doneBytes + LOCAL_BYTES / 40;
        if (doneBytes < LOCAL_BYTES) {
          update({ doneBytes: Math.round(doneBytes) });
          return;
        }
        clearInterval(this.#localTimer);
        update({ state: 'ready', doneBytes: LOCAL_BYTES });
        this.#changed({ providers: true });
        resolve(this.#local);
      }, this.#tick * 3);
    });
  }
}
