/** What the person does in the chat on screen: choose whom to ask, write, send, repeat, stop. */

import { toIpcError } from '../ipc/errors';
import type {
  EndpointView,
  IpcError,
  MessageView,
  ModelView,
  ParametersView,
  RunView,
  TargetView,
} from '../ipc/gen/types';
import type { Application } from './application.svelte';
import type { Conversations } from './conversations.svelte';
import type { Models } from './models.svelte';
import type { Routes } from './routes.svelte';
import type { Runs } from './runs.svelte';
import { endpointTarget } from './targets';

export const NO_PARAMETERS: ParametersView = {
  temperature: null,
  topP: null,
  seed: null,
  maxTokens: null,
  stop: [],
  reasoningEffort: null,
};

/** The key of the draft of a chat that has not begun. */
const NEW = 'new';

export class Chat {
  isSending: boolean = $state(false);
  sendError: IpcError | null = $state.raw(null);
  /** Counts what asks for the focus in the composer. */
  focusRequests: number = $state(0);
  /** Counts what asks for the list of models to open. */
  pickerRequests: number = $state(0);

  #drafts: Record<string, string> = $state({});
  #newSystemPrompt: string = $state('');
  #newParameters: ParametersView = $state.raw(NO_PARAMETERS);

  constructor(
    private readonly application: Application,
    private readonly conversations: Conversations,
    private readonly models: Models,
    private readonly routes: Routes,
    private readonly runs: Runs,
  ) {}

  get draft(): string {
    return this.#drafts[this.conversations.openId ?? NEW] ?? '';
  }

  set draft(text: string) {
    this.#drafts[this.conversations.openId ?? NEW] = text;
  }

  get systemPrompt(): string {
    return this.conversations.opened?.systemPrompt ?? this.#newSystemPrompt;
  }

  get parameters(): ParametersView {
    return this.conversations.opened?.parameters ?? this.#newParameters;
  }

  /** What the next question is put to: the choice for this chat, the usual one, or the first that works. */
  get target(): TargetView | null {
    const chosen = this.#chosen;
    if (chosen && (this.#isThere(chosen) || !this.models.hasLoaded)) return chosen;
    // A chat is not quietly put to somebody else than its route would have asked.
    if (chosen?.kind === 'route' && this.conversations.openId !== null) return chosen;
    const first = firstUsable(this.models.value);
    return first ? endpointTarget(first.endpoint) : chosen;
  }

  /** The way in that is chosen, or the first one that works of the model that is. */
  get endpoint(): EndpointView | null {
    const target = this.target;
    switch (target?.kind) {
      case 'endpoint':
        return target.endpoint;
      case 'model':
        return firstUsable(this.models.waysTo(target.key))?.endpoint ?? null;
      case 'route':
      case undefined:
        return null;
    }
  }

  /** The route of this chat was deleted. */
  get isRouteGone(): boolean {
    return this.target?.kind === 'route' && !this.#isThere(this.target);
  }

  /** The run that writes the end of the branch on screen. */
  get liveRun() {
    const leaf = this.conversations.opened?.activeLeaf;
    return leaf === null || leaf === undefined ? undefined : this.runs.byMessage(leaf);
  }

  async choose(target: TargetView): Promise<void> {
    this.conversations.chooseTarget(target);
    await this.application.change({ target });
  }

  async setOptions(systemPrompt: string, parameters: ParametersView): Promise<void> {
    if (this.conversations.openId === null) {
      this.#newSystemPrompt = systemPrompt;
      this.#newParameters = parameters;
    } else {
      await this.conversations.setOptions(systemPrompt, parameters);
    }
  }

  /** Sends the draft. The draft comes back where it could not be sent. */
  async send(): Promise<boolean> {
    const text = this.draft.trim();
    if (text === '' || this.isSending || this.isRouteGone || this.liveRun) return false;
    const typed = this.draft;
    const from = this.conversations.openId;
    this.draft = '';
    const sent = await this.#start({
      parentId: this.conversations.opened?.activeLeaf ?? null,
      text,
      target: this.target,
    });
    if (!sent && this.conversations.openId === from && this.draft === '') this.draft = typed;
    return sent;
  }

  /** Asks for another answer to the question of this one, from the same target or from another. */
  retry(answer: MessageView, target?: TargetView): Promise<boolean> {
    const { run } = answer;
    return this.#start({
      parentId: answer.parentId,
      text: null,
      target: target ?? (run ? this.#againFrom(run) : this.target),
    });
  }

  /** Asks a changed question beside the one that stands there, as a new branch. */
  edit(question: MessageView, text: string): Promise<boolean> {
    return this.#start({
      parentId: question.parentId,
      text: text.trim(),
      target: this.target,
    });
  }

  async stop(): Promise<void> {
    const run = this.liveRun;
    if (run) await this.runs.stop(run);
  }

  async #start(question: {
    parentId: string | null;
    text: string | null;
    target: TargetView | null;
  }): Promise<boolean> {
    const { parentId, text, target } = question;
    if (!target || this.isSending) return false;
    this.isSending = true;
    this.sendError = null;
    const from = this.conversations.openId;
    const options = { systemPrompt: this.systemPrompt, parameters: this.parameters };
    try {
      const started = await this.runs.start({
        conversationId: from,
        parentId,
        text,
        target,
        systemPrompt: from === null ? options.systemPrompt : null,
        parameters: from === null ? options.parameters : null,
      });
      const { run } = started.answer;
      if (run) this.models.used(run.endpoint, run.colour);
      // The person may have gone elsewhere meanwhile; the run goes on all the same.
      if (this.conversations.openId === from) {
        this.conversations.begin(started, options);
        if (from === null) this.#becameConversation(started.conversation.id);
      }
      return true;
    } catch (thrown) {
      this.sendError = toIpcError(thrown);
      return false;
    } finally {
      this.isSending = false;
    }
  }

  get #chosen(): TargetView | null {
    const { settings } = this.application;
    // A chat and settings of an earlier version name a way in only.
    const usual = settings.target ?? targetOf(settings.endpoint);
    if (this.conversations.openId === null) return usual;
    const { opened } = this.conversations;
    return opened?.target ?? targetOf(opened?.endpoint) ?? usual;
  }

  #againFrom({ target, endpoint }: RunView): TargetView {
    return target && this.#isThere(target) ? target : endpointTarget(endpoint);
  }

  #isThere(target: TargetView): boolean {
    switch (target.kind) {
      case 'endpoint':
        return this.models.find(target.endpoint) !== undefined;
      case 'model':
        return this.models.waysTo(target.key).length > 0;
      case 'route':
        return !this.routes.hasLoaded || this.routes.find(target.id) !== undefined;
    }
  }

  #becameConversation(conversationId: string): void {
    this.#newSystemPrompt = '';
    this.#newParameters = NO_PARAMETERS;
    // What was typed into the new chat while it was being made belongs to the conversation now.
    const rest = this.#drafts[NEW];
    if (rest) this.#drafts[conversationId] = rest;
    this.#drafts[NEW] = '';
    if (this.application.view.kind === 'chat') {
      this.application.view = { kind: 'chat', conversationId };
    }
  }
}

function targetOf(endpoint: EndpointView | null | undefined): TargetView | null {
  return endpoint ? endpointTarget(endpoint) : null;
}

function firstUsable(models: readonly ModelView[]): ModelView | undefined {
  return models.find(({ unavailableBecause }) => unavailableBecause === null) ?? models[0];
}
