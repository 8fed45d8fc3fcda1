// The rules by which the tests of lists judge, and the same rules once more in their own words:
// what is expected of a family is told by what is true of it, and by nothing of the house.

/** What one family gets in a cycle. */
export const RUPIAH = 150_000;
/** The highest decile that receives. */
export const MAX = 2;
const AID = ['PKH', 'BLT DD'];
/** What its rules are called. */
export const RULES = { anggota: 'Sedikitnya satu anggota hidup', desil: `Desil 1 sampai ${MAX}`, bantuan: 'Menerima PKH atau BLT Dana Desa' };
/** A programme for families. */
export const PROGRAMME = `program = "pangan"
nama = "Paket pangan uji"
subjek = "keluarga"
instansi = "Dinas Sosial"
dasar = "Peraturan uji"
barang = "paket pangan"
satuan = "paket"
jumlah = 1
rupiah = ${RUPIAH}
berlaku_dari = 2020-01-01

[[aturan]]
id = "anggota"
jenis = "syarat"
nama = "${RULES.anggota}"
dasar = "pasal 3"
jika = { kolom = "anggota", op = ">=", nilai = 1 }

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "${RULES.desil}"
dasar = "pasal 4 ayat (1)"
jika = { kolom = "desil", op = "<=", nilai = ${MAX} }

[[aturan]]
id = "bantuan"
jenis = "pengecualian"
nama = "${RULES.bantuan}"
massal = false
jika = { kolom = "bantuan", op = "ada", nilai = [${AID.map((name) => `"${name}"`).join(', ')}] }
`;
/** A programme for persons, of which nobody has said what it is worth. */
export const PERSONS = `program = "dewasa"
nama = "Kartu dewasa uji"
subjek = "orang"
instansi = "Dinas Sosial"
dasar = "Peraturan uji"
barang = "kartu"
satuan = "kartu"
jumlah = 1
berlaku_dari = 2020-01-01

[[aturan]]
id = "hidup"
jenis = "syarat"
nama = "Masih hidup"
dasar = "pasal 1"
jika = { kolom = "hidup", op = "ya" }
`;

/** Judges families: the group of those who leave by the same rule, or that it is included. */
export const judgeOf =
	(members) =>
	(it, decile = it.unknown ? null : it.decile) => {
		const lives = members(it).filter((who) => !(it.died !== undefined && who === it.head)).length;
		const fails = [lives < 1 && 'anggota', decile !== null && decile > MAX && 'desil', AID.includes(it.aid) && 'bantuan'].find(Boolean);
		return fails ? `${fails}:fails` : decile === null ? 'desil:unknown' : 'included';
	};
