// The part of the browser that opens this page without a line.

/** Whether the page opens without a line: it does, it is being fetched, it cannot. */
export type Held = 'asking' | 'fetching' | 'held' | 'failed' | 'insecure';

const worker = $state<{ held: Held; newer: ServiceWorker | null }>({ held: 'asking', newer: null });

export const held = () => worker.held;
/** A newer build lies ready and waits until this one is closed. */
export const newer = () => worker.newer !== null;

/** Asks the browser to keep this page; a newer build is fetched whole before it counts. */
export async function settle(): Promise<void> {
  if (!('serviceWorker' in navigator)) {
    worker.held = 'insecure';
    return;
  }
  try {
    const registration = await navigator.serviceWorker.register('/service-worker.js', { scope: '/lapangan' });
    const look = () => {
      worker.newer = registration.active ? registration.waiting : null;
      if (registration.active) worker.held = 'held';
      else if (registration.installing || registration.waiting) worker.held = 'fetching';
      else worker.held = 'failed';
    };
    const follow = () => {
      registration.installing?.addEventListener('statechange', look);
      look();
    };
    registration.addEventListener('updatefound', follow);
    follow();
  } catch {
    // Without a line it cannot be asked for again; what was kept before still opens the page.
    worker.held = navigator.serviceWorker.controller ? 'held' : 'failed';
  }
}

/** Lets the newer build in. Drafts and entries lie on the phone and are there afterwards. */
export function renew(): void {
  if (!worker.newer) return;
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  worker.newer.postMessage('renew');
}
