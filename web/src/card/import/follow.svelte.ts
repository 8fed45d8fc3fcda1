// One import followed while the house is at work on it: the page shows how far it has come,
// and finds it again after a reload or on another day.
import { asProblem } from '$api/client.svelte';
import type { Problem } from '$api/problem';
import { read } from './doors';
import { isGoing, type ListImport } from './lists';

/** How often it is looked at what is read or written. */
const LOOK_MS = 1_000;
/** How often a house is asked again that did not answer. */
const AGAIN_MS = 5_000;

/** Whether the same question may be answered later. */
export function isPassing({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** The import that is open on a page. */
export class Followed {
  value = $state.raw<ListImport | null>(null);
  /** Why it could not be looked at just now. */
  problem = $state<Problem | null>(null);
  #id = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Follows an import, or none. */
  follow(id: string): void {
    this.stop();
    this.#id = id;
    if (this.value?.id !== id) this.value = null;
    this.problem = null;
    if (!id) return;
    if (this.value) this.took(this.value);
    else void this.#look();
  }

  /** Looks no more; what is known stays. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#id = '';
  }

  /** Takes what a door has answered, and goes on from there. */
  took(next: ListImport): void {
    clearTimeout(this.#timer);
    this.value = next;
    this.problem = null;
    if (next.id === this.#id && isGoing(next.state)) this.#later(LOOK_MS);
  }

  /** Looks now. */
  again = (): void => {
    clearTimeout(this.#timer);
    void this.#look();
  };

  #later(wait_ms: number): void {
    this.#timer = setTimeout(() => void this.#look(), wait_ms);
  }

  async #look(): Promise<void> {
    const id = this.#id;
    const before = this.value;
    try {
      const next = await read(id);
      // What a door answered meanwhile is newer than what was asked for before it.
      if (id === this.#id && this.value === before) this.took(next);
    } catch (failure) {
      if (id !== this.#id) return;
      this.problem = asProblem(failure);
      // One that is gone, or is nobody's, does not come back.
      if (isPassing(this.problem)) this.#later(AGAIN_MS);
    }
  }
}
