// What the house knows about villages, in the reader's words.
import type { Claim, LedgerNumbers, SaidOf, Village } from '$api/model';
import { day, number } from '$shell/format';
import { language, maybe, t } from '$shell/words.svelte';
import { inOrder } from './heartbeat';
import { tenths, type Dish } from './village';

/** A value as people say it: shares in percent, words by the catalogue. */
export function valueWord(property: Claim['property'], value: Claim['value']): string {
  switch (value.kind) {
    case 'flag':
      return value.value === 'ya' ? t('value.yes') : t('value.no');
    case 'whole':
      return `${number(Number(value.value) / 10, language(), 1)} %`;
    case 'day':
      return dayOf(value.value);
    default:
      return maybe(property === 'status' ? `stage.${value.value}` : `value.${value.value}`) ?? value.value;
  }
}

/** Why the house says what it says. */
export function reasonWord({ reason }: SaidOf): string {
  switch (reason.word) {
    case 'agreed':
      return t('reason.agreed', { n: reason.voices ?? 0 });
    case 'newest':
      return t('reason.newest', { n: reason.days ?? 0 });
    case 'same_day':
      return t('reason.same_day', { n: reason.values ?? 0 });
    default:
      return t(`reason.${reason.word}`);
  }
}

/** An ISO date: 24 Nov 2026. */
export function dayOf(iso: string): string {
  return day(Date.parse(`${iso}T12:00:00+07:00`), language());
}

/** On which evidence a verdict rests, in words. */
export function basisWord(basis: readonly string[]): string {
  return t('beat.evidence', { what: inOrder(basis).map((word) => maybe(`basis.${word}`) ?? word).join(', ') || t('basis.none') });
}

/** Whose claim it is. */
export function ownerOf(claim: Claim): string {
  return claim.owner ?? t('source.unnamed');
}

/** What the dish at a site says, in a line; what is old says so. */
export function dishWord(dish: Pick<Dish, 'word' | 'stale'>): string {
  return `${t('dish.title')}: ${dish.stale ? `${t('dish.last')} ` : ''}${t(`dish.word.${dish.word}`)}`;
}

/** Rupiah; what is unknown is said to be. */
export function rupiah(amount: number | null): string {
  return amount === null ? t('unknown') : `Rp\u00a0${number(amount, language())}`;
}

/** A village's points: how many are proven; a share of nothing is not said. */
export function pointsWord({ points }: Pick<Village, 'points'>): string {
  if (points.count === 0) return t('village.nopoints');
  if (points.proven === null) return t('village.points.unmeasured', { n: points.count });
  return t('village.points', { proven: points.proven, n: points.count });
}

/** A share in hundredths of a percent, never rounded up. */
export function shareWord(share_bp: number | null): string {
  return share_bp === null ? t('unknown') : `${number(tenths(share_bp), language(), 1)} %`;
}

/** What can be said of a contract. */
export function contractWord(contract: LedgerNumbers['contract']): string {
  return contract.verdict === 'share' ? shareWord(contract.share_bp) : t(`contract.${contract.verdict}`);
}
