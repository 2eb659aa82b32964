/** What the person does in the chat on screen: choose whom to ask, write, send, repeat, stop. */

import { toIpcError } from '../ipc/errors';
import type { EndpointView, IpcError, MessageView, ParametersView } from '../ipc/gen/types';
import type { Application } from './application.svelte';
import type { Conversations } from './conversations.svelte';
import type { Models } from './models.svelte';
import type { Runs } from './runs.svelte';

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

  /** Whom the next question goes to: the choice for this chat, the usual one, or the first that works. */
  get endpoint(): EndpointView | null {
    const chosen =
      this.conversations.openId === null
        ? this.application.settings.endpoint
        : (this.conversations.opened?.endpoint ?? this.application.settings.endpoint);
    if (chosen && (this.models.find(chosen) || !this.models.hasLoaded)) return chosen;
    const models = this.models.value;
    const first = models.find((model) => model.unavailableBecause === null) ?? models[0];
    return first?.endpoint ?? chosen;
  }

  /** The run that writes the end of the branch on screen. */
  get liveRun() {
    const leaf = this.conversations.opened?.activeLeaf;
    return leaf === null || leaf === undefined ? undefined : this.runs.byMessage(leaf);
  }

  async choose(endpoint: EndpointView): Promise<void> {
    this.conversations.chooseEndpoint(endpoint);
    await this.application.change({ endpoint });
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
    if (text === '' || this.isSending || this.liveRun) return false;
    const typed = this.draft;
    const from = this.conversations.openId;
    this.draft = '';
    const sent = await this.#start({
      parentId: this.conversations.opened?.activeLeaf ?? null,
      text,
      endpoint: this.endpoint,
    });
    if (!sent && this.conversations.openId === from && this.draft === '') this.draft = typed;
    return sent;
  }

  /** Asks for another answer to the question of this one, from the same model or from another. */
  retry(answer: MessageView, endpoint?: EndpointView): Promise<boolean> {
    return this.#start({
      parentId: answer.parentId,
      text: null,
      endpoint: endpoint ?? answer.run?.endpoint ?? this.endpoint,
    });
  }

  /** Asks a changed question beside the one that stands there, as a new branch. */
  edit(question: MessageView, text: string): Promise<boolean> {
    return this.#start({
      parentId: question.parentId,
      text: text.trim(),
      endpoint: this.endpoint,
    });
  }

  async stop(): Promise<void> {
    const run = this.liveRun;
    if (run) await this.runs.stop(run);
  }

  async #start(question: {
    parentId: string | null;
    text: string | null;
    endpoint: EndpointView | null;
  }): Promise<boolean> {
    const { parentId, text, endpoint } = question;
    if (!endpoint || this.isSending) return false;
    this.isSending = true;
    this.sendError = null;
    const from = this.conversations.openId;
    const options = { systemPrompt: this.systemPrompt, parameters: this.parameters };
    try {
      const started = await this.runs.start({
        conversationId: from,
        parentId,
        text,
        endpoint,
        systemPrompt: from === null ? options.systemPrompt : null,
        parameters: from === null ? options.parameters : null,
      });
      this.models.used(endpoint, started.answer.run?.colour ?? null);
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
