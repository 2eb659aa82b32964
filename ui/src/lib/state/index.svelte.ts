/**
 * Everything that the window knows, made once for one backend and handed down by context. Nothing here
 * is durable: it can all be built again from the backend.
 *
 * Long because every part of the window is joined to the others here.
 */

import { getContext, setContext } from 'svelte';

import type { Backend, Unlisten } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type { IpcError, RouteView, SavedFile, StoreChanged } from '../ipc/gen/types';
import { toasts } from '../ui/toasts.svelte';
import { Application, type RoutePane, type View } from './application.svelte';
import { Budgets, newBudget } from './budgets.svelte';
import { Chat, NO_PARAMETERS } from './chat.svelte';
import { Comparisons } from './comparisons.svelte';
import { Conversations } from './conversations.svelte';
import { Labs } from './labs.svelte';
import { spendFact, type SpendFact } from './facts.svelte';
import { Gateway, NEW_RULES } from './gateway.svelte';
import { Health } from './health.svelte';
import { LocalModel } from './local-model.svelte';
import { Models } from './models.svelte';
import { Prices } from './prices.svelte';
import { Proof } from './proof.svelte';
import { Providers } from './providers.svelte';
import { Receipts } from './receipts.svelte';
import { nextFrame, type Frame } from './frame';
import { copyName } from './order';
import { Pace } from './pace';
import { Past } from './past';
import type { Place } from './place';
import { Routes } from './routes.svelte';
import { Runs } from './runs.svelte';
import { Spend, type SpendTab } from './spend.svelte';
import { Vault } from './vault.svelte';

/** A comparison settles many answers a second, and each is news to every sum on screen. */
const SPEND_MS = 500;

export class WindowState {
  readonly application: Application;
  readonly labs: Labs;
  readonly runs: Runs;
  readonly conversations: Conversations;
  readonly models: Models;
  readonly providers: Providers;
  readonly routes: Routes;
  readonly health: Health;
  readonly gateway: Gateway;
  readonly vault: Vault;
  readonly spendToday: SpendFact;
  readonly spend: Spend;
  readonly budgets: Budgets;
  readonly prices: Prices;
  readonly proof: Proof;
  readonly localModel: LocalModel;
  readonly receipts: Receipts;
  readonly comparisons: Comparisons;
  readonly past: Past;
  readonly chat: Chat;
  readonly toasts = toasts;

  /** The chat whose name is being written. */
  renamingId: string | null = $state(null);
  isNarrow: boolean = $state(false);
  isNarrowSidebarOpen: boolean = $state(false);
  #unlisten: Unlisten | undefined;
  readonly #spendPace = new Pace(SPEND_MS, () => this.#rereadSpend());

  constructor(
    readonly backend: Backend,
    frame: Frame = nextFrame,
  ) {
    this.application = new Application(backend);
    this.labs = new Labs(backend);
    this.runs = new Runs(backend, frame);
    this.conversations = new Conversations(backend, this.runs);
    this.models = new Models(backend);
    this.providers = new Providers(backend, this.models);
    this.routes = new Routes(backend);
    this.health = new Health(backend);
    this.vault = new Vault(backend);
    this.spendToday = spendFact(backend);
    this.spend = new Spend(backend);
    this.budgets = new Budgets(backend, ({ name, words, stage }) =>
      this.toasts.show({
        text: `${name}: ${words}`,
        tone: stage === 'spent' ? 'bad' : 'neutral',
        durationMs: 10_000,
        action: { label: 'Open budgets', run: () => this.showSpend('budgets') },
      }),
    );
    this.gateway = new Gateway(backend, () => this.spend.today);
    this.prices = new Prices(backend);
    this.proof = new Proof(backend);
    this.localModel = new LocalModel(backend, () => void this.models.refresh());
    this.receipts = new Receipts(backend);
    this.comparisons = new Comparisons(backend, this.runs);
    this.past = new Past(backend, this.comparisons);
    this.chat = new Chat(this.application, this.conversations, this.models, this.routes, this.runs);
  }

  /** What the address keeps. */
  get place(): Place {
    return this.application.view.kind === 'compare'
      ? { kind: 'compare', id: this.comparisons.openId }
      : { kind: 'chat', id: this.conversations.openId };
  }

  /**
   * Reads what the first frame needs, and begins to read the rest. `place` is what was on screen before
   * the window was reloaded.
   */
  async start(place: Place | null = null): Promise<void> {
    try {
      this.#unlisten ??= await this.backend.onStoreChanged((change) => this.#storeChanged(change));
    } catch (thrown) {
      this.application.startError = toIpcError(thrown);
      return;
    }
    await this.application.load();
    if (this.application.startError || this.application.information?.storageProblem) return;
    void this.readAll();
    if (place?.kind === 'compare') {
      this.application.view = { kind: 'compare' };
      if (place.id !== null) await this.comparisons.open(place.id);
      else this.newComparison();
      if (this.comparisons.openError) this.newComparison();
    }
    if (place?.kind !== 'chat' || place.id === null) return;
    await this.conversations.open(place.id);
    if (this.conversations.openError) await this.conversations.open(null);
    else this.application.view = { kind: 'chat', conversationId: place.id };
  }

  async readAll(): Promise<void> {
    await Promise.all([
      this.conversations.refresh(),
      this.comparisons.refresh(),
      this.models.refresh(),
      this.providers.refresh(),
      this.routes.refresh(),
      this.health.refresh(),
      this.localModel.refresh(),
      this.vault.refresh(),
      this.spendToday.refresh(),
      this.budgets.refresh(),
      this.gateway.apps.refresh(),
    ]);
  }

  show(view: View): void {
    this.application.overlay = null;
    this.spend.closeAnswers();
    this.gateway.traffic.close();
    this.application.view = view;
    this.isNarrowSidebarOpen = false;
    if (view.kind !== 'chat') return;
    this.chat.sendError = null;
    this.chat.focusRequests += 1;
    void this.conversations.open(view.conversationId);
  }

  /** Opens the name of a chat in the list for writing. */
  startRenaming(conversationId: string | null): void {
    if (conversationId === null) return;
    if (!this.isSidebarOpen) this.toggleSidebar();
    this.renamingId = conversationId;
  }

  /** In a narrow window the list lies over the chat, so it only opens for a moment. */
  get isSidebarOpen(): boolean {
    return this.isNarrow ? this.isNarrowSidebarOpen : this.application.settings.sidebarOpen;
  }

  toggleSidebar(): void {
    if (this.isNarrow) {
      this.isNarrowSidebarOpen = !this.isNarrowSidebarOpen;
      return;
    }
    const sidebarOpen = !this.application.settings.sidebarOpen;
    void this.attempt(() => this.application.change({ sidebarOpen }));
  }

  newChat(): void {
    this.show({ kind: 'chat', conversationId: null });
  }

  /** Goes back to the chat that was on screen. */
  showChat(): void {
    this.show({ kind: 'chat', conversationId: this.conversations.openId });
  }

  /** Goes back to the comparison that was on screen. */
  showCompare(): void {
    const { comparisons } = this;
    comparisons.rankings.isShown = false;
    if (comparisons.openId === null && comparisons.draft.columns.length === 0) this.newComparison();
    else this.show({ kind: 'compare' });
  }

  /** Goes to what was spent; without a tab to the one that was on screen. */
  showSpend(tab: SpendTab = this.spend.tab): void {
    this.spend.tab = tab;
    this.show({ kind: 'spend' });
  }

  showGateway(): void {
    this.show({ kind: 'gateway' });
  }

  /** The form of a new app, over the view of the gateway. */
  newApp(): void {
    this.showGateway();
    this.gateway.editing = { id: null, name: '', rules: NEW_RULES };
  }

  /** The form of a new budget that holds this app. */
  setAppBudget(id: string): void {
    this.showSpend('budgets');
    this.budgets.editing = newBudget({ kind: 'app', app: id });
  }

  async deleteApp(id: string): Promise<void> {
    const name = this.gateway.nameOf(id);
    await this.attempt(async () => {
      await this.gateway.delete(id);
      this.toasts.show({
        text: `Deleted the app “${name}”`,
        onundo: () => void this.attempt(() => this.gateway.restore(id)),
      });
    });
  }

  newComparison(): void {
    this.show({ kind: 'compare' });
    const { comparisons } = this;
    const { target } = this.chat;
    if (comparisons.draft.columns.length > 0 || target === null) comparisons.openNew();
    else comparisons.openNew([{ label: '', target, systemPrompt: '', parameters: NO_PARAMETERS }]);
  }

  /** Real questions of the past are asked on another model where comparisons are. */
  replayPast(): void {
    this.showCompare();
    this.application.overlay = { kind: 'replay' };
  }

  openComparison(comparisonId: string): void {
    this.show({ kind: 'compare' });
    void this.comparisons.open(comparisonId);
  }

  async deleteComparison(comparisonId: string): Promise<void> {
    const name = this.comparisons.list.find(({ id }) => id === comparisonId)?.name ?? '';
    const wasOpen = this.comparisons.openId === comparisonId;
    await this.attempt(async () => {
      await this.comparisons.delete(comparisonId);
      this.toasts.show({
        text: `Deleted “${name}”`,
        onundo: () =>
          void this.attempt(async () => {
            await this.comparisons.restore(comparisonId);
            if (wasOpen) this.openComparison(comparisonId);
          }),
      });
    });
  }

  /** Chats that go on where these answers end; the first of them is opened. */
  async continueAsChats(columns: number[], mergeId: string | null = null): Promise<void> {
    await this.attempt(async () => {
      const { conversations } = await this.comparisons.continueCase(columns, mergeId);
      await this.conversations.refresh();
      const [first] = conversations;
      if (!first) return;
      this.show({ kind: 'chat', conversationId: first.id });
      if (conversations.length > 1) {
        this.toasts.show({ text: `${conversations.length} chats were made of the answers.` });
      }
    });
  }

  async deleteConversation(conversationId: string): Promise<void> {
    const title = this.conversations.list.find(({ id }) => id === conversationId)?.title ?? '';
    const wasOpen = this.conversations.openId === conversationId;
    await this.attempt(async () => {
      for (const run of this.runs.inConversation(conversationId)) await this.runs.stop(run);
      await this.conversations.delete(conversationId);
      if (wasOpen) this.newChat();
      // The entry that had the focus is gone.
      else this.chat.focusRequests += 1;
      this.toasts.show({
        text: `Deleted “${title}”`,
        onundo: () =>
          void this.attempt(async () => {
            await this.conversations.restore(conversationId);
            if (wasOpen) this.show({ kind: 'chat', conversationId });
          }),
      });
    });
  }

  /** Takes back the newest thing that can be. */
  undo(): void {
    const toast = this.toasts.list.findLast(({ onundo }) => onundo !== undefined);
    if (toast) this.toasts.undo(toast.id);
  }

  async deleteProvider(providerId: string): Promise<void> {
    const name = this.providers.value.find(({ id }) => id === providerId)?.name ?? '';
    await this.attempt(async () => {
      await this.providers.delete(providerId);
      this.toasts.show({
        text: `Removed ${name}`,
        onundo: () => void this.attempt(() => this.providers.restore(providerId)),
      });
    });
  }

  /** Opens the editor over whatever is on screen; without an id for a new route. */
  async editRoute(id: string | null, pane: RoutePane = 'plan'): Promise<void> {
    await this.attempt(async () => {
      const route = this.routes.find(id) ?? (await this.routes.template());
      this.application.overlay = { kind: 'route', route, pane };
    });
  }

  /** A copy that is not saved yet, open for changes. */
  duplicateRoute(route: RouteView): void {
    const taken = this.routes.value.map(({ name }) => name);
    const copy = { ...route, id: null, name: copyName(route.name, taken) };
    this.application.overlay = { kind: 'route', route: copy, pane: 'plan' };
  }

  async deleteRoute(id: string): Promise<void> {
    const name = this.routes.find(id)?.name ?? '';
    await this.attempt(async () => {
      await this.routes.delete(id);
      this.toasts.show({
        text: `Deleted the route “${name}”`,
        onundo: () => void this.attempt(() => this.routes.restore(id)),
      });
    });
  }

  /** Does it, and says so in a toast where it fails. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (thrown) {
      this.complain(toIpcError(thrown));
      return false;
    }
  }

  complain(error: IpcError): void {
    this.toasts.show({ text: `${error.message} ${error.advice}`, tone: 'bad', durationMs: 10_000 });
  }

  async copy(text: string, what: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.toasts.show({ text: `Copied ${what}`, tone: 'good', durationMs: 2_500 });
    } catch {
      this.toasts.show({
        text: `${what} could not be copied: the clipboard is not open to us.`,
        tone: 'bad',
      });
    }
  }

  /** Has Rust write a file, says where it is, and offers to show it there. */
  save(write: () => Promise<SavedFile>): Promise<boolean> {
    return this.attempt(async () => {
      const { name, folder } = await write();
      this.toasts.show({
        text: `Saved “${name}” in ${folder}`,
        tone: 'good',
        durationMs: 10_000,
        action: {
          label: 'Show',
          run: () => void this.attempt(() => this.backend.call('file_reveal', { name })),
        },
      });
    });
  }

  /** Takes what was made of several answers out of its case, for as long as the toast offers it back. */
  async deleteMerge(mergeId: string, name: string): Promise<void> {
    const { comparisons } = this;
    const { roundId } = comparisons.shown;
    if (roundId === null) return;
    await this.attempt(async () => {
      await comparisons.deleteMerge(mergeId);
      comparisons.tools.mergeId = null;
      this.toasts.show({
        text: `Deleted “${name}”`,
        onundo: () =>
          void this.attempt(async () => {
            await comparisons.restoreMerge(roundId, mergeId);
            if (comparisons.shown.roundId === roundId) comparisons.tools.mergeId = mergeId;
          }),
      });
    });
  }

  /** Everything on screen that says what was spent. */
  #rereadSpend(): void {
    void this.spendToday.refresh();
    this.budgets.spent();
    if (this.application.view.kind === 'spend') {
      void this.spend.refresh();
      this.#reprice();
    }
    if (this.application.view.kind === 'receipts') void this.receipts.refresh();
    if (this.application.view.kind === 'gateway') void this.gateway.usage.refresh();
  }

  #reprice(): void {
    this.prices.refresh();
    this.proof.refresh();
  }

  /** Names of apps stand in many views; all else of the gateway in its own alone. */
  #gatewayChanged({ apps, appRequests, routes, providers, settings }: StoreChanged): void {
    const { gateway } = this;
    if (apps) void gateway.apps.refresh();
    if (this.application.view.kind !== 'gateway') return;
    if (appRequests) gateway.traffic.changed();
    if (settings) void gateway.status.refresh();
    if (routes || providers) void gateway.models.refresh();
  }

  #storeChanged(change: StoreChanged): void {
    this.conversations.changed(change);
    this.comparisons.changed(change);
    if (change.labs && this.labs.hasLoaded) void this.labs.refresh();
    if (change.providers) {
      void this.providers.refresh();
      void this.models.refresh();
    }
    if (change.routes) void this.routes.refresh();
    if (change.health) void this.health.refresh();
    if (change.spend) this.#spendPace.ask();
    this.#gatewayChanged(change);
    if (change.providers && this.application.view.kind === 'spend') this.#reprice();
    if (change.budgets) {
      void this.budgets.refresh();
      void this.spendToday.refresh();
      if (this.application.view.kind === 'spend') {
        void this.attempt(() => this.spend.readCurrency());
      }
    }
    if (change.settings) void this.application.refreshSettings().catch(() => undefined);
  }
}

/** Where the state hangs in the context, for tests that draw one component alone. */
export const STATE_KEY = Symbol('window state');

export function provideState(state: WindowState): WindowState {
  return setContext(STATE_KEY, state);
}

export function useApp(): WindowState {
  return getContext<WindowState>(STATE_KEY);
}
