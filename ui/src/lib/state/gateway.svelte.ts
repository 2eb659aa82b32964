/**
 * The gateway: whether it listens, the apps that may use it, what each of them spent this month, and the
 * names that they can ask for. A token is held only while the dialog that shows it is open.
 */

import type { Backend } from '../ipc/backend';
import { toIpcError } from '../ipc/errors';
import type {
  AppDraft,
  AppRulesView,
  AppView,
  AppWithToken,
  GatewayModelName,
  GatewaySettings,
  GatewayStatus,
  IpcError,
  SpendSums,
  TelemetryDraft,
  TelemetryView,
} from '../ipc/gen/types';
import { Fact } from './facts.svelte';
import { EVERYTHING } from './spend.svelte';
import { spanOf } from './spend-span';
import { Traffic } from './traffic.svelte';

export const NEW_RULES: AppRulesView = {
  models: [],
  answersWith: null,
  requestsAMinute: null,
  requestsAtOnce: null,
  expiresAt: null,
  keepsTexts: true,
  holdsBack: false,
  firstTokenMillis: null,
  origins: [],
};

/** What the form of an app is about. */
export interface EditedApp {
  /** `null` for one that is not made yet. */
  id: string | null;
  name: string;
  rules: AppRulesView;
}

/** What is there before Rust said anything; `address` stands nowhere until then. */
const UNREAD: GatewayStatus = {
  settings: { isOn: false, port: 4180 },
  address: null,
  problem: null,
  advice: null,
};

export class Gateway {
  readonly status: Fact<GatewayStatus>;
  readonly apps: Fact<readonly AppView[]>;
  readonly models: Fact<readonly GatewayModelName[]>;
  /** What each app spent this month, by its id. */
  readonly usage: Fact<Readonly<Partial<Record<string, SpendSums>>>>;
  readonly traffic: Traffic;
  /** Where what is asked and spent is sent on to; `null` until Rust said it. */
  readonly telemetry: Fact<TelemetryView | null>;

  /** It is being switched, or moved to another port. */
  isSetting: boolean = $state(false);
  setError: IpcError | null = $state.raw(null);
  editing: EditedApp | null = $state.raw(null);
  /** An app with the token that it was just given; `null` as soon as its dialog is closed. */
  issued: AppWithToken | null = $state.raw(null);

  /** It should listen and does not. */
  readonly problem: { what: string; advice: string } | null = $derived.by(() => {
    const { problem, advice } = this.status.value;
    return problem === null ? null : { what: problem, advice: advice ?? '' };
  });

  /** `today` is the date that Rust says it is. */
  constructor(
    private readonly backend: Backend,
    today: () => string,
  ) {
    this.status = new Fact(UNREAD, () => backend.call('gateway_status', null));
    this.apps = new Fact<readonly AppView[]>([], () => backend.call('app_list', null));
    this.models = new Fact<readonly GatewayModelName[]>([], () => backend.call('app_models', null));
    this.usage = new Fact<Readonly<Partial<Record<string, SpendSums>>>>({}, async () => {
      const query = { ...EVERYTHING, ...spanOf('month', today(), null) };
      const { groups } = await backend.call('spend_chart', { query, by: 'app' });
      return Object.fromEntries(groups.map(({ key, sums }) => [key, sums]));
    });
    this.traffic = new Traffic(backend);
    this.telemetry = new Fact<TelemetryView | null>(null, () =>
      backend.call('telemetry_status', null),
    );
  }

  /** Where apps find it: where it listens, or where it will once it is switched on. */
  get address(): string {
    const { address, settings } = this.status.value;
    return address ?? `http://127.0.0.1:${settings.port}`;
  }

  /** The names that answer in words. */
  get chatNames(): readonly GatewayModelName[] {
    return this.models.value.filter(({ isChat }) => isChat);
  }

  nameOf(appId: string): string {
    return this.apps.value.find(({ id }) => id === appId)?.name ?? appId;
  }

  /** Reads what the view shows. */
  async refresh(): Promise<void> {
    await Promise.all([
      this.status.refresh(),
      this.apps.refresh(),
      this.models.refresh(),
      this.usage.refresh(),
      this.traffic.refresh(),
      this.telemetry.refresh(),
    ]);
  }

  /** Whether it did as it was told; where it did not, `setError` or `problem` says why. */
  async set(change: Partial<GatewaySettings>): Promise<boolean> {
    this.isSetting = true;
    this.setError = null;
    try {
      const settings = { ...this.status.value.settings, ...change };
      this.status.set(await this.backend.call('gateway_set', settings));
      return this.problem === null;
    } catch (thrown) {
      this.setError = toIpcError(thrown);
      return false;
    } finally {
      this.isSetting = false;
    }
  }

  async create(draft: AppDraft): Promise<void> {
    this.#issue(await this.backend.call('app_create', draft));
  }

  async save(id: string, draft: AppDraft): Promise<void> {
    this.#keep(await this.backend.call('app_save', { id, ...draft }));
  }

  async revoke(id: string): Promise<void> {
    this.#keep(await this.backend.call('app_revoke', { id }));
  }

  /** The old token is refused from then on. */
  async renew(id: string): Promise<void> {
    this.#issue(await this.backend.call('app_renew', { id }));
  }

  /** Gone from the list at once, and back where it cannot be taken away. */
  async delete(id: string): Promise<void> {
    const before = this.apps.value;
    this.apps.set(before.filter((app) => app.id !== id));
    try {
      await this.backend.call('app_delete', { id });
    } catch (thrown) {
      this.apps.set(before);
      throw thrown;
    }
  }

  async restore(id: string): Promise<void> {
    this.#keep(await this.backend.call('app_restore', { id }));
  }

  async setTelemetry(draft: TelemetryDraft): Promise<void> {
    this.telemetry.set(await this.backend.call('telemetry_set', draft));
  }

  async testTelemetry(): Promise<void> {
    this.telemetry.set(await this.backend.call('telemetry_test', null));
  }

  /** How many requests it was whose texts are gone now. */
  async forgetTexts(app: string | null): Promise<number> {
    const count = await this.backend.call('app_texts_forget', { app });
    await this.traffic.refresh();
    return count;
  }

  #issue(issued: AppWithToken): void {
    this.#keep(issued.app);
    this.issued = issued;
  }

  #keep(app: AppView): void {
    const { value } = this.apps;
    const isKnown = value.some(({ id }) => id === app.id);
    this.apps.set(
      isKnown ? value.map((each) => (each.id === app.id ? app : each)) : [...value, app],
    );
  }
}
