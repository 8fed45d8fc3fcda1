// One reading of one list: what was read, why it failed, and how to read it again.
import { asProblem } from '$api/client.svelte';
import type { Problem } from '$api/problem';

/** A list on its way, here, or refused. What was read stays while it is read again. */
export class Reader<T> {
  value = $state.raw<T | null>(null);
  problem = $state<Problem | null>(null);
  busy = $state(false);
  #turn = 0;
  constructor(readonly read: () => Promise<T>) {}

  /** Reads; of two readings at once the later one counts. */
  again = async (): Promise<void> => {
    const mine = ++this.#turn;
    this.busy = true;
    try {
      const value = await this.read();
      if (mine !== this.#turn) return;
      this.value = value;
      this.problem = null;
    } catch (failure) {
      if (mine === this.#turn) this.problem = asProblem(failure);
    } finally {
      if (mine === this.#turn) this.busy = false;
    }
  };
}
