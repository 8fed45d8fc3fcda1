// The words of looking for somebody without a number, in Indonesian: the source.
// Keys are sorted.
export const alikeId = {
  'alike.against': 'Kalau bukan orang yang sama: {who}.',
  'alike.away': 'Untuk mencari di seluruh provinsi, semua catatan dibaca ke memori dan dipadankan lagi. Itu memerlukan satu sampai dua menit, dan hilang sendiri sesudah satu jam tidak dipakai.',
  'alike.away.rights': 'Semua catatan belum dimuat. Minta petugas provinsi memuatnya.',
  'alike.birth': 'Tanggal lahir',
  'alike.coming': 'Memuat catatan: {done} dari {of}',
  'alike.coming.link': 'Semua catatan terbaca; sedang dipadankan',
  'alike.failed': 'Catatan tidak termuat: {why}. Coba lagi.',
  'alike.here': '{n} catatan dari pemeriksaan {run}, dimuat dalam {took} detik, ada di memori sampai {until} bila tidak dipakai.',
  'alike.less': 'Tutup alasan',
  'alike.load': 'Muat catatan',
  'alike.look': 'Cari orang',
  'alike.mother': 'Nama ibu',
  'alike.name.hint': 'Seperti yang didengar; ejaan, singkatan, dan kata yang kurang ikut diperhitungkan.',
  'alike.need': 'Isi tanggal lahir atau pilih desa/kelurahan: nama saja menemukan terlalu banyak orang.',
  'alike.none': 'Tidak ada yang mirip',
  'alike.none.text': 'Tidak ada catatan di wilayah Anda yang cukup mirip. Coba dengan tanggal lahir, nama ibu, atau desa yang lain.',
  'alike.same': 'kemungkinan orang yang sama {share}\u00a0%',
  'alike.sex.any': 'tidak diisi',
  'alike.text': 'Untuk orang yang datang tanpa KTP dan KK. Makin banyak yang diisi, makin pasti.',
  'alike.title': 'Tanpa nomor, di seluruh provinsi',
  'alike.village': 'Desa/kelurahan yang dipilih di atas ikut dicari: {code}.',
  'alike.why': 'Alasan'
} as const;
