// What is known of the network before a picture came. Small, since light pages read it too.

/** Seconds between stills: of a line that carries no more, and of somebody who saves octets. */
export const STILL_S = 5;
export const STILL_SAVING_S = 10;
/** How wide a still is where the line carries little, in CSS pixels of a small tile. */
export const STILL_NARROW_PX = 320;

/** What a browser knows of its network before a picture came. */
export interface Hint {
  /** There and back, of the page's own loading. */
  rtt_ms: number | null;
  /** `slow-2g`, `2g`, `3g`, `4g`; null where a browser does not say. */
  kind: string | null;
  /** In Mbit/s. */
  downlink: number | null;
  /** Whether its owner asked for few octets. */
  saves: boolean;
}

/** Whether a network, or its owner, asks for stills from the start. */
export function poor(hint: Hint): boolean {
  return hint.saves || hint.kind === '2g' || hint.kind === 'slow-2g';
}

interface Network extends EventTarget {
  effectiveType?: string;
  downlink?: number;
  saveData?: boolean;
}
/** The network as the browser sees it; undefined where it does not say. */
export const network = (): Network | undefined => (navigator as Navigator & { connection?: Network }).connection;

/** What the browser knows of its network: how long the page's own files took to and fro, and what it says itself. */
export function hint(): Hint {
  const loads = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')] as PerformanceResourceTiming[];
  // Files from the cache, and of others, have no way to and fro. The least of them has the least of the server's own time in it.
  const spans = loads.filter((each) => each.requestStart > 0 && each.transferSize > 0).map((each) => each.responseStart - each.requestStart);
  const says = network();
  return { rtt_ms: spans.length > 0 ? Math.min(...spans) : null, kind: says?.effectiveType ?? null, downlink: says?.downlink ?? null, saves: says?.saveData === true };
}
/** Whether the network, or its owner, asks for stills from the start. */
export function poorNow(): boolean {
  return poor(hint());
}
