/** What stands behind the figures: how each is known, what is not, and the providers' own word for it. */

import type { Backend } from '../ipc/backend';
import type {
  AuditView,
  OrganisationView,
  ReconcileView,
  RepriceRequest,
  RepriceView,
  SpendChart,
  SpendQuery,
  UnknownView,
  UsageImport,
  UsageImportView,
} from '../ipc/gen/types';
import { Fact } from './facts.svelte';

export class Proof {
  /** How the costs of each provider are known. */
  readonly coverage: Fact<SpendChart | null>;
  readonly unknown: Fact<readonly UnknownView[]>;
  readonly reconciled: Fact<readonly ReconcileView[]>;
  readonly organisations: Fact<readonly OrganisationView[]>;
  readonly audits: Fact<readonly AuditView[]>;
  readonly imports: Fact<readonly UsageImportView[]>;
  #query: SpendQuery | null = null;

  constructor(private readonly backend: Backend) {
    this.coverage = new Fact<SpendChart | null>(null, () =>
      this.#query === null
        ? Promise.resolve(null)
        : backend.call('spend_chart', { query: this.#query, by: 'provider' }),
    );
    this.unknown = new Fact<readonly UnknownView[]>([], () =>
      this.#query === null ? Promise.resolve([]) : backend.call('unknown_list', this.#query),
    );
    this.reconciled = new Fact<readonly ReconcileView[]>([], () =>
      backend.call('reconcile_list', null),
    );
    this.organisations = new Fact<readonly OrganisationView[]>([], () =>
      this.#query === null
        ? Promise.resolve([])
        : backend.call('organisation_list', { from: this.#query.from, to: this.#query.to }),
    );
    this.audits = new Fact<readonly AuditView[]>([], () => backend.call('audit_list', null));
    this.imports = new Fact<readonly UsageImportView[]>([], () =>
      backend.call('usage_import_list', null),
    );
  }

  /** Everything of a span, and what does not depend on it. */
  async open(query: SpendQuery): Promise<void> {
    const isFirst = !this.imports.hasLoaded;
    this.#query = query;
    await Promise.all([
      this.coverage.refresh(),
      this.unknown.refresh(),
      this.organisations.refresh(),
      ...(isFirst
        ? [this.reconciled.refresh(), this.audits.refresh(), this.imports.refresh()]
        : []),
    ]);
  }

  /** Something was spent, priced again, or a balance was read. */
  refresh(): void {
    if (this.#query === null) return;
    for (const fact of [
      this.coverage,
      this.unknown,
      this.reconciled,
      this.organisations,
      this.audits,
    ]) {
      void fact.refresh();
    }
  }

  reprice(request: RepriceRequest): Promise<RepriceView> {
    return this.backend.call('spend_reprice', request);
  }

  /** Asks the provider what its organisation was charged within the span. */
  async readOrganisation(providerId: string): Promise<void> {
    if (this.#query === null) return;
    const { from, to } = this.#query;
    const read = await this.backend.call('organisation_read', { providerId, from, to });
    // Another span may have been chosen meanwhile.
    if (this.#query.from !== from || this.#query.to !== to) return;
    this.organisations.set(
      this.organisations.value.map((each) => (each.providerId === providerId ? read : each)),
    );
  }

  async setAdminKey(providerId: string, key: string, sessionOnly: boolean): Promise<void> {
    await this.backend.call('admin_key_set', { providerId, key, sessionOnly });
    await this.organisations.refresh();
  }

  async deleteAdminKey(providerId: string): Promise<void> {
    await this.backend.call('admin_key_delete', { providerId });
    await this.organisations.refresh();
  }

  async import(file: UsageImport): Promise<UsageImportView> {
    const view = await this.backend.call('usage_import', file);
    const others = this.imports.value.filter(({ importId }) => importId !== view.importId);
    this.imports.set([view, ...others]);
    return view;
  }

  async deleteImport(importId: string): Promise<void> {
    await this.backend.call('usage_import_delete', { importId });
    this.imports.set(this.imports.value.filter((each) => each.importId !== importId));
  }
}
