/** The list of chats and the one that is on screen. */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type {
  ConversationSummary,
  ConversationView,
  IpcError,
  MessageView,
  ParametersView,
  RunStarted,
  StoreChanged,
  TargetView,
} from '../ipc/gen/types';
import type { RunListener, Runs } from './runs.svelte';
import { turnsOf, withMessage } from './tree';

export class Conversations implements RunListener {
  list: readonly ConversationSummary[] = $state.raw([]);
  hasLoaded: boolean = $state(false);
  listError: IpcError | null = $state.raw(null);

  /** The conversation on screen; `null` for a chat that has not begun. */
  openId: string | null = $state(null);
  opened: ConversationView | null = $state.raw(null);
  openError: IpcError | null = $state.raw(null);

  turns = $derived(this.opened ? turnsOf(this.opened.messages, this.opened.activeLeaf) : []);

  /** Counts openings, so that a slow answer cannot replace a newer one. */
  #opening = 0;
  #mustReload = false;

  constructor(
    private readonly backend: Backend,
    private readonly runs: Runs,
  ) {
    runs.listen(this);
  }

  async refresh(): Promise<void> {
    try {
      this.list = await this.backend.call('conversation_list', null);
      this.listError = null;
    } catch (thrown) {
      this.listError = toIpcError(thrown);
    }
    this.hasLoaded = true;
  }

  async open(conversationId: string | null): Promise<void> {
    if (this.openId === conversationId && conversationId !== null && this.opened) return;
    this.openId = conversationId;
    this.opened = null;
    this.openError = null;
    this.#mustReload = false;
    if (conversationId === null) this.#opening += 1;
    else await this.reload();
  }

  /** Reads the open conversation again and joins the runs that write in it. */
  async reload(): Promise<void> {
    const conversationId = this.openId;
    if (conversationId === null) return;
    this.#opening += 1;
    const opening = this.#opening;
    try {
      const view = await this.backend.call('conversation_open', { conversationId });
      if (opening !== this.#opening) return;
      this.#show(view);
    } catch (thrown) {
      if (opening === this.#opening) this.openError = toIpcError(thrown);
    }
  }

  /** Puts a question and its empty answer on screen at once, without asking for the conversation. */
  begin(started: RunStarted, options: { systemPrompt: string; parameters: ParametersView }): void {
    const { conversation, question, answer } = started;
    this.list = [conversation, ...this.list.filter(({ id }) => id !== conversation.id)];
    if (this.openId !== conversation.id) {
      this.#opening += 1;
      this.openId = conversation.id;
      this.openError = null;
      this.opened = {
        summary: conversation,
        ...options,
        endpoint: null,
        target: null,
        activeLeaf: null,
        messages: [],
      };
    }
    const opened = this.opened;
    if (!opened) return;
    let messages: readonly MessageView[] = opened.messages;
    for (const message of [question, answer]) {
      if (message) messages = withMessage(messages, message);
    }
    this.opened = {
      ...opened,
      summary: conversation,
      endpoint: answer.run?.endpoint ?? opened.endpoint,
      target: answer.run?.target ?? opened.target,
      activeLeaf: answer.id,
      messages: [...messages],
    };
  }

  ended(conversationId: string, answer: MessageView): void {
    if (this.opened?.summary.id !== conversationId) return;
    this.opened = { ...this.opened, messages: withMessage(this.opened.messages, answer) };
    if (!this.#mustReload) return;
    this.#mustReload = false;
    // The run that has just ended is still in the list of live ones until this returns.
    queueMicrotask(() => void this.reload());
  }

  vanished(conversationId: string): void {
    if (this.openId === conversationId) void this.reload();
  }

  async rename(conversationId: string, title: string): Promise<void> {
    const trimmed = title.trim();
    const before = this.list.find(({ id }) => id === conversationId)?.title;
    if (trimmed === '' || trimmed === before) return;
    this.#retitle(conversationId, trimmed);
    try {
      await this.backend.call('conversation_rename', { conversationId, title: trimmed });
    } catch (thrown) {
      if (before !== undefined) this.#retitle(conversationId, before);
      throw thrown;
    }
  }

  async delete(conversationId: string): Promise<void> {
    const before = this.list;
    this.list = before.filter(({ id }) => id !== conversationId);
    try {
      await this.backend.call('conversation_delete', { conversationId });
    } catch (thrown) {
      this.list = before;
      throw thrown;
    }
  }

  async restore(conversationId: string): Promise<void> {
    await this.backend.call('conversation_restore', { conversationId });
    await this.refresh();
  }

  /** Shows the branch on which this message stands. */
  async showBranch(messageId: string): Promise<void> {
    const opened = this.opened;
    if (!opened) return;
    const conversationId = opened.summary.id;
    const view = await this.backend.call('conversation_set_leaf', { conversationId, messageId });
    if (this.openId === conversationId) this.#show(view);
  }

  async setOptions(systemPrompt: string, parameters: ParametersView): Promise<void> {
    const opened = this.opened;
    if (!opened) return;
    this.opened = { ...opened, systemPrompt, parameters };
    await this.backend.call('conversation_set_options', {
      conversationId: opened.summary.id,
      systemPrompt,
      parameters,
    });
  }

  chooseTarget(target: TargetView): void {
    if (this.opened) this.opened = { ...this.opened, target };
  }

  changed(change: StoreChanged): void {
    if (change.conversationList) void this.refresh();
    const openId = this.openId;
    if (openId === null || !change.conversationIds.includes(openId)) return;
    // While it streams, the store only trails what is on screen.
    if (this.runs.inConversation(openId).length > 0) this.#mustReload = true;
    else void this.reload();
  }

  #show(view: ConversationView): void {
    // What was picked here and not asked yet is only known here.
    const target = this.opened?.target ?? view.target;
    this.opened = { ...view, target };
    this.openError = null;
    for (const message of view.messages) {
      if (message.status === 'streaming') this.runs.attach(view.summary.id, message);
    }
  }

  #retitle(conversationId: string, title: string): void {
    this.list = this.list.map((summary) =>
      summary.id === conversationId ? { ...summary, title } : summary,
    );
    const opened = this.opened;
    if (opened?.summary.id === conversationId) {
      this.opened = { ...opened, summary: { ...opened.summary, title } };
    }
  }
}
