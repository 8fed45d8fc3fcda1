// The words of lists that come after an examination, in Indonesian: the source. Keys are sorted.
export const lateId = {
  'late.asked': 'Ditanyakan kepada orang: {grey} pasangan ragu, {proposals} usul penggabungan atau pemisahan.',
  'late.back': 'Batalkan',
  'late.back.sure': 'Ya, batalkan',
  'late.back.text': '{rows} baris dan {founded} orang yang hanya dikenal darinya tidak ikut dihitung lagi; jawaban kembali persis seperti sebelumnya. Daftarnya sendiri tetap ada.',
  'late.back.title': 'Batalkan daftar susulan',
  'late.by': '{who}, {when}; memerlukan {took}.',
  'late.due': 'Baris susulan sudah sepersepuluh dari semua catatan: saatnya memeriksa semua daftar lagi.',
  'late.replaced': '{n} baris daftar sebelumnya tidak berlaku lagi.',
  'late.rows': '{rows} baris: {joined} milik orang yang sudah dikenal, {founded} orang baru, {families} keluarga baru.',
  'late.take': 'Padankan daftar ini saja',
  'late.text': 'Hanya baris daftar itu yang dipadankan dengan semua yang lain; orang yang sudah ada tidak digabung atau dipisah. Dapat dibatalkan.',
  'late.title': 'Daftar susulan',
  'late.undone': 'Daftar susulan dibatalkan',
  'late.whole': 'Perlu pemeriksaan semua daftar'
} as const;
