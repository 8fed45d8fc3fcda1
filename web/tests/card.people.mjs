// Persons and families that are made up for the running list of the welfare card: what is
// true of each, the lists that tell of it, and what is to be found by a yardstick. What is
// expected comes from the truth alone: nothing of the house is asked for it.

/** What a family gets in a cycle, in rupiah. */
export const EACH = 400_000;

// Names share no word within a family and few beyond, so that nobody is taken for another.
const FIRST = ['Sutrisno', 'Marlina', 'Yohanes', 'Katarina', 'Bambang', 'Fatimah', 'Dominikus', 'Hasanah', 'Wahyudi', 'Ernawati', 'Gabriel', 'Rosalinda', 'Zulkifli', 'Mariani', 'Petrus', 'Juliana', 'Arifin', 'Nurhayati', 'Leonardus', 'Paulina', 'Kusnadi', 'Theresia', 'Mahmud', 'Veronika', 'Sugeng', 'Agustina', 'Ignatius', 'Lasmini', 'Rahmat', 'Dorkas', 'Edison', 'Puspita', 'Hendrik', 'Salasiah', 'Tarmizi', 'Oktavia', 'Willem', 'Sarinah', 'Bernadus', 'Umi'];
const LAST = ['Angkat', 'Birawa', 'Candra', 'Darung', 'Enggang', 'Gawe', 'Humbang', 'Ilung', 'Jambul', 'Kaharap', 'Lambung', 'Mihing', 'Nahan', 'Ontang', 'Pahandut', 'Rangas', 'Sawang', 'Tundan', 'Uhing', 'Wangkang'];
let born = 0;
function person(village, sex) {
	const i = born++;
	const [day, month, year] = [1 + ((i * 7) % 27), 1 + ((i * 5) % 12), 1950 + ((i * 13) % 45)];
	const two = (value) => String(value).padStart(2, '0');
	const code = village.replaceAll('.', '').slice(0, 6);
	return {
		nik: `${code}${two(day + (sex === 'P' ? 40 : 0))}${two(month)}${two(year % 100)}${String(1 + ((i * 37) % 9000)).padStart(4, '0')}`,
		name: `${FIRST[i % FIRST.length]} ${LAST[(i * 3 + Math.floor(i / FIRST.length)) % LAST.length]}`,
		birth: `${year}-${two(month)}-${two(day)}`,
		year,
		sex
	};
}
function family(village, truth = {}) {
	const head = person(village, 'L');
	const wife = truth.alone ? null : person(village, 'P');
	const kk = `${village.replaceAll('.', '').slice(0, 6)}${String(1 + (born % 27)).padStart(2, '0')}0320${String(1000 + born)}`;
	return { village, head, wife, kk, address: `Jl. Percobaan ${born}`, decile: 2, listed: true, rupiah: EACH, ...truth };
}

/** Families in three villages, of two regencies, and what the lists say of them. */
export function made(places) {
	const families = [
		...[0, 1, 2, 0, 1, 2, 0, 0, 1, 2].map((at) => family(places[at])),
		family(places[0], { decile: 5 }),
		family(places[1], { decile: 3 }),
		family(places[2], { decile: 9, rupiah: null }),
		family(places[0], { died: '2026-02-03' }),
		family(places[0], { died: '', alone: true }),
		// Dead and over the bound: one row, two findings.
		family(places[1], { died: '2026-01-09', decile: 4 }),
		family(places[1], { gone: '63.71', left: '2026-03-01' }),
		family(places[1], { gone: '62.03', left: '2026-03-02' }),
		family(places[0], { aid: 'PKH' }),
		family(places[2], { aid: 'BLT DD' }),
		family(places[2], { aid: 'PKH', decile: 1 }),
		// The wife stands on the list, too.
		family(places[0], { twice: true, decile: 1 }),
		family(places[1], { card: '6200000000777777' }),
		family(places[2], { card: '6200000000777777' }),
		family(places[0], { unknown: true }),
		family(places[2], { unknown: true, rupiah: null }),
		family(places[1], { decile: null }),
		...[0, 0, 1, 2].map((at) => family(places[at], { listed: false, decile: 1 })),
		family(places[1], { listed: false, decile: 1, aid: 'PKH' }),
		family(places[1], { listed: false, decile: 7 })
	];
	const members = (it) => [it.head, it.wife].filter(Boolean);
	const card = (it, i) => it.card ?? `62000000001${String(10_000 + i)}`;
	/** The rows of the running list, in their order. */
	const rows = families.flatMap((it, i) => (it.listed ? [{ of: it, who: it.head, card: card(it, i) }, ...(it.twice ? [{ of: it, who: it.wife, card: `62000000002${String(10_000 + i)}` }] : [])] : []));

	/** What is to be found, by a yardstick. Nothing of the house is asked. */
	function expected({ max, each, allowed }) {
		const cards = new Set();
		const seen = new Set();
		const findings = [];
		const excluded = (it) => it.aid && !allowed.includes(it.aid);
		const away = (it) => it.gone && !it.gone.startsWith('62');
		for (const [i, row] of rows.entries()) {
			const { of } = row;
			const found = [];
			if (seen.has(of)) found.push('duplicate');
			seen.add(of);
			if (cards.has(row.card)) found.push('same_card');
			cards.add(row.card);
			if (of.died !== undefined && row.who === of.head) found.push('dead');
			if (away(of) && row.who === of.head) found.push('moved');
			if (excluded(of)) found.push('aided');
			if (of.unknown || of.decile === null) found.push('unknown');
			else if (of.decile > max) found.push('decile');
			for (const [at, what] of found.entries()) findings.push({ what, of, who: row.who, row: i + 2, rupiah: of.rupiah, first: at === 0 });
		}
		for (const of of families) if (!of.listed && of.decile <= max && !excluded(of)) findings.push({ what: 'left_out', of, who: of.head, rupiah: each, first: true });
		const inside = (area) => findings.filter(({ of }) => of.village.startsWith(area));
		const sum = (some) => ({ rows: some.length, rupiah: some.reduce((sum, { rupiah }) => sum + (rupiah ?? 0), 0), unknown: some.filter(({ rupiah }) => rupiah === null).length });
		return {
			inside,
			// All rows of the running list there.
			list: (area = '') => sum(rows.filter(({ of }) => of.village.startsWith(area)).map(({ of }) => ({ rupiah: of.rupiah }))),
			of: (what, area = '') => sum(inside(area).filter((it) => it.what === what)),
			// Not to be known is nothing that speaks against a row: it is counted apart.
			questioned: (area = '') => sum(inside(area).filter((it) => it.first && !['left_out', 'unknown'].includes(it.what))),
			notKnown: (area = '') => sum(inside(area).filter((it) => it.first && it.what === 'unknown')),
			eligible: families.filter((it) => !it.unknown && it.decile !== null && it.decile <= max && !excluded(it) && !(it.alone && it.died !== undefined)).length
		};
	}

	const people = ['nik', 'no_kk', 'nama', 'tgl_lahir', 'jk', 'hubungan', 'alamat', 'kode_desa'];
	const told = (it, who) => [who.nik, it.kk, who.name, who.birth, who.sex, who === it.head ? 'KEPALA KELUARGA' : 'ISTRI', it.address, it.village];
	const csv = (more, some) => [[...people, ...more].join(','), ...some.map((row) => row.join(','))].join('\n');
	const lists = {
		dtsen: csv(['desil'], families.filter((it) => !it.unknown).flatMap((it) => members(it).map((who) => [...told(it, who), it.decile ?? '']))),
		bansos: csv(['program'], families.filter((it) => it.aid).map((it) => [...told(it, it.head), it.aid])),
		kematian: csv(['tgl_meninggal'], families.filter((it) => it.died !== undefined).map((it) => [...told(it, it.head), it.died])),
		pindah: csv(['tgl_pindah', 'kode_tujuan'], families.filter((it) => it.gone).map((it) => [...told(it, it.head), it.left, it.gone])),
		kpm: csv(['no_kartu', 'nilai'], rows.map((row) => [...told(row.of, row.who), row.card, row.of.rupiah ?? '']))
	};
	const titles = { dtsen: 'DTSEN contoh', bansos: 'Bantuan contoh', kematian: 'Kematian contoh', pindah: 'Pindah contoh', kpm: 'KPM contoh' };
	const days = { dtsen: '2026-01-01', bansos: '2026-02-01', kematian: '2026-03-01', pindah: '2026-03-15', kpm: '2026-04-01' };
	return { families, members, rows, expected, told, csv, lists, titles, days };
}
