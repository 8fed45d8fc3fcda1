#!/usr/bin/python3
# A list of cameras as an office would keep it, written by another program's library.
#
#   camera_list.py FILE.xlsx ROWS [good]
#
# A merged title, headings in Indonesian, ROWS good rows, and, unless `good` is
# said, ten that a spreadsheet or a person has spoilt. All of it is made up.
import sys

from openpyxl import Workbook
from openpyxl.styles import Font

path, rows = sys.argv[1], int(sys.argv[2])
book = Workbook()
cover = book.active
cover.title = "Sampul"
cover["A1"] = "Daftar CCTV (data buatan untuk uji)"
sheet = book.create_sheet("Kamera 2026")
sheet["A1"] = "DAFTAR CCTV KOTA (BUATAN)"
sheet["A1"].font = Font(bold=True)
sheet.merge_cells("A1:L1")
headings = [
    "No", "Nama Pendek", "Nama CCTV", "Jenis Lokasi", "Kab/Kota", "Kecamatan", "RTSP Utama",
    "User", "Password", "Lintang", "Bujur", "No HP", "Berlaku sampai", "Kode Wilayah",
]
sheet.append([])
sheet.append(headings)
first = sheet.max_row + 1
districts = ["Pahandut", "Jekan Raya", "Bukit Batu", "Sabangau", "Rakumpit"]
for i in range(1, rows + 1):
    sheet.append([
        i, f"uji-{i:04}", f"Kamera uji {i}", "Ruang Publik", "Kota Palangka Raya",
        districts[i % len(districts)], f"rtsp://192.0.2.{i % 250 + 1}:9/{i}", "pemantau",
        f"sandi-rahasia-{i}", -2.2 - i / 10000, 113.9 + i / 10000, f"0812{i:08}", None, None,
    ])
if rows > 3:
    # The district of three rows is one merged cell.
    for row in range(first + 1, first + 3):
        sheet.cell(row, 6).value = None
    sheet.merge_cells(start_row=first, end_row=first + 2, start_column=6, end_column=6)
if "good" not in sys.argv:
    from datetime import date

    def row(short, **change):
        cells = dict(zip(headings, [
            None, short, f"Salah {short}", "Kantor", "Kota Palangka Raya", "Pahandut",
            f"rtsp://192.0.2.9:9/{short}", None, None, None, None, None, date(2027, 12, 31), None,
        ]))
        cells.update(change)
        sheet.append([cells[heading] for heading in headings])

    row("Salah Satu")
    row("salah-bps", **{"Kode Wilayah": "6271010001"})
    row("salah-nol", **{"Kode Wilayah": 62.1, "Kab/Kota": None, "Kecamatan": None})
    row("salah-desa", **{"Kab/Kota": None, "Kecamatan": "Mendawai Raya"})
    row("salah-url", **{"RTSP Utama": "http://192.0.2.9/x"})
    row("salah-titik", **{"Lintang": -22083, "Bujur": 113.9})
    row("salah-hp", **{"No HP": 6281200000000001})
    row("salah-rumus", **{"Nama CCTV": "=cmd|' /C calc'!A0"})
    row("uji-0001")
    row(None, **{"Nama CCTV": "JUMLAH", "RTSP Utama": None})
book.save(path)
print(first)
