// What is true of made-up families at their doors, as the test of field samples decides it, and
// what follows from visits: recomputed here from the weights that are handed out, by nothing of
// the house.
import { made } from './card.people.mjs';

/** Families in three villages of each regency, and their lists as one. */
export function county(triples) {
	const all = triples.map((places) => made(places));
	const [{ members, titles, days, csv, told }] = all;
	const families = all.flatMap((it) => it.families);
	const lists = Object.fromEntries(Object.keys(all[0].lists).map((kind) => [kind, all.map((it, i) => (i === 0 ? it.lists[kind] : it.lists[kind].split('\n').slice(1).join('\n'))).join('\n')]));
	return { families, members, lists, titles, days, csv, told };
}

/** What a field worker finds of the family of a place, who should receive by the rules or not. */
export function foundOf(place, isEligible) {
	if (place % 11 === 5) return { outcome: 'unreached', households: null, eligible: null };
	if (place % 13 === 7) return { outcome: 'gone', households: null, eligible: null };
	if (place % 17 === 3) return { outcome: 'part', households: null, eligible: null };
	const right = place % 5 === 0 ? !isEligible : isEligible;
	return place % 7 === 2 ? { outcome: 'found', households: 2, eligible: place % 2 === 0 ? 2 : 1 } : { outcome: 'found', households: 1, eligible: right ? 1 : 0 };
}

/** A line of a file in its cells; a sign between quotes parts nothing. */
export function cells(line) {
	const all = [''];
	let quoted = false;
	for (const each of line) {
		if (each === '"') quoted = !quoted;
		else if (each === ',' && !quoted) all.push('');
		else all[all.length - 1] += each;
	}
	return all;
}
/** The rows of a file, each by the names of its columns. */
export function rows(text) {
	const [head, ...lines] = text.replace(/^\ufeff/, '').trim().split(/\r?\n/).map(cells);
	return { head, rows: lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]]))) };
}

/**
 * The shares that follow from visits, each `{ village, receives, weight, outcome, eligible,
 * households }`. Who was met speaks for who was not: of the same standing in the village, where
 * nobody was met there in the regency, where nobody was there everywhere.
 */
export function shares(visits) {
	const met = (it) => it.outcome !== null && it.outcome !== 'unreached';
	let weighed = visits.map((it) => ({ ...it, own: it.weight }));
	for (const near of [(it) => it.village, (it) => it.village.slice(0, 5), () => '']) {
		const cell = (it) => `${it.receives} ${near(it)}`;
		const sums = new Map();
		for (const it of weighed) {
			const sum = sums.get(cell(it)) ?? { met: 0, lost: 0 };
			sum[met(it) ? 'met' : 'lost'] += it.own;
			sums.set(cell(it), sum);
		}
		weighed = weighed.map((it) => {
			const { met: here, lost } = sums.get(cell(it));
			return here > 0 ? { ...it, own: met(it) ? it.own * (1 + lost / here) : 0 } : it;
		});
	}
	const sum = (of) => weighed.filter(met).reduce((all, it) => all + it.own * of(it), 0);
	const eligible = (it) => (it.outcome === 'found' ? it.eligible : 0);
	const receives = (it) => Number(it.receives);
	return {
		inclusion: sum((it) => receives(it) * Number(eligible(it) === 0)) / sum(receives),
		exclusion: sum((it) => Math.max(0, eligible(it) - receives(it))) / sum(eligible),
		linkage: sum((it) => receives(it) * Number(it.outcome === 'part' || (it.outcome === 'found' && it.households > 1 && it.eligible > 1))) / sum(receives)
	};
}
