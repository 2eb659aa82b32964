/** A route that is to be edited, asked for from somewhere else: the editor listens, and takes it. */

class RouteLink {
  /** The id of the route; `null` once somebody took it. */
  requested: string | null = $state(null);

  request(id: string): void {
    this.requested = id;
  }

  /** Hands it out once. */
  take(): string | null {
    const id = this.requested;
    this.requested = null;
    return id;
  }
}

export const routeLink = new RouteLink();
