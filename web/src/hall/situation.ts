// The situation page is a frame: rooms hand in what they have measured and what needs
// somebody, and the page puts the worst first. It knows no room by name.
import type { Component } from 'svelte';
import type { Face } from '$watch/camera';

/** One thing somebody has to do something about. */
export interface Need {
  /** Stable, so that a row stays the same row while it changes. */
  key: string;
  face: Face;
  what: string;
  where: string;
  why: string;
  /** When it began, server time in ms. */
  since: number;
  href: string;
  /** Whom to call; null is said out loud. */
  call: { name: string | null; phone: string | null; duty: string | null } | null;
}

/** One card of the page. */
export interface Card {
  id: string;
  order: number;
  /** Wide cards take two columns. */
  wide?: boolean;
  /** What a light page calls it, which shows it only when it is asked for; not said of cards of a few words. */
  heavy?: () => string;
  show: () => Promise<Component>;
}

/** What a room brings to the situation page. */
export interface Part {
  room: string;
  order: number;
  /** Sentences for the verdict; null while nothing is measured yet. */
  verdict: () => string | null;
  needs: () => Need[];
  /** What the numbers rest on: source and age. */
  basis: () => string | null;
  cards: Card[];
  /** Keeps the part fresh while the page is open; what only cards read is left out unless they are shown. */
  hold: (cards: boolean) => () => void;
  ready: () => boolean;
}

const parts: Part[] = [];

/** Hands in a part; a room calls this once, when it is loaded. */
export function register(part: Part): void {
  const at = parts.findIndex((p) => p.room === part.room);
  if (at >= 0) parts.splice(at, 1);
  parts.push(part);
  parts.sort((a, b) => a.order - b.order);
}

/** All parts in their order. */
export function registered(): readonly Part[] {
  return parts;
}

const weight: Record<Face, number> = { crit: 0, warn: 1, unknown: 2, starting: 3, idle: 4, ok: 5 };

/** The worst first, and of equals the one that has waited longest. */
export function worstFirst(needs: Need[]): Need[] {
  return [...needs].sort((a, b) => weight[a.face] - weight[b.face] || a.since - b.since || a.key.localeCompare(b.key));
}
