//! What rules may ask about: the columns of facts, by the words of rule files.
//!
//! Beside each stands which class of data it is by article 4 of the law on personal data
//! (UU 27/2022), so that a programme can say what it needs. Where it can be argued, the
//! stricter class stands: a decile and aid are told as finance, an age as a child's.

use super::Subject;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The family's decile.
    Decile,
    /// Members who live here.
    Members,
    /// Those of 0 to 4 years.
    Infants,
    /// Those of 0 to 17.
    Children,
    /// Those of 7 to 18.
    SchoolAge,
    /// Those of 60 and more.
    Elderly,
    /// Whether a head lives here.
    HeadLives,
    /// Whether a head who lives here is a woman.
    HeadIsWoman,
    /// Whether there is a sound number of a family card.
    Card,
    /// Whether there is an address.
    Address,
    /// Whether a village proposes the family.
    Proposed,
    /// Whether it is on the running list.
    Running,
    /// Whether a transfer to it failed.
    Failed,
    /// Whether every member who lives here has a sound NIK.
    Niks,
    /// Where the family lives.
    Area,
    /// What other aid it gets.
    Aid,
    /// Years that a person has completed.
    Age,
    /// Whether a person is a woman.
    Woman,
    /// Whether a person is the head.
    Head,
    /// Whether no list says that a person died.
    Alive,
    /// Whether no list says that a person moved out.
    Here,
    /// Whether a person has a sound NIK.
    Nik,
    /// What a business takes in a month.
    Turnover,
    /// Years that it has run.
    Years,
    /// Its division by KBLI: the first two digits of its code.
    Sector,
    /// Whether it has a sound business number.
    Nib,
    /// What aid it has had.
    Grants,
    /// Where it is.
    Site,
    /// Whether another list knows its owner.
    OwnerKnown,
    /// Years that its owner has completed.
    OwnerAge,
    /// Whether its owner is a woman.
    OwnerWoman,
    /// Whether no list says that its owner died.
    OwnerAlive,
    /// Whether no list says that its owner moved out.
    OwnerHere,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Whole numbers.
    Number {
        /// What is counted, as Indonesian says it; empty for a rank.
        unit: &'static str,
    },
    /// Yes or no.
    Flag,
    /// A code of an area.
    Area,
    /// Programmes of other aid.
    Aid,
}

impl Type {
    /// What may be asked of it, by the words of rule files.
    #[must_use]
    pub const fn ops(self) -> &'static [&'static str] {
        match self {
            Self::Number { .. } => &["=", "!=", "<", "<=", ">", ">=", "antara"],
            Self::Flag => &["ya", "tidak"],
            Self::Area => &["di"],
            Self::Aid => &["ada"],
        }
    }
}

/// A class of data by article 4 of UU 27/2022.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// General.
    General,
    /// Specific: of children.
    Child,
    /// Specific: of somebody's finance.
    Finance,
}

impl Class {
    /// As the law says it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "umum",
            Self::Child => "spesifik: anak",
            Self::Finance => "spesifik: keuangan",
        }
    }
}

/// Of whom a column can be told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Families, and businesses by the family of their owner.
    Families,
    Persons,
    /// Of businesses alone.
    Businesses,
    /// Of whomever.
    Each,
}

struct About {
    key: &'static str,
    of: Of,
    holds: Type,
    /// The least and the most that a rule may name; both zero where it is no number.
    range: (i32, i32),
    class: Class,
    indonesian: &'static str,
    english: &'static str,
}

const RANK: Type = Type::Number { unit: "" };
const PERSONS: Type = Type::Number { unit: "orang" };
const YEARS: Type = Type::Number { unit: "tahun" };
const RUPIAH: Type = Type::Number { unit: "rupiah" };

/// More persons than any family has.
const MEMBERS: (i32, i32) = (0, 99);

impl Column {
    /// All of them.
    pub const ALL: [Self; 33] = [
        Self::Decile,
        Self::Members,
        Self::Infants,
        Self::Children,
        Self::SchoolAge,
        Self::Elderly,
        Self::HeadLives,
        Self::HeadIsWoman,
        Self::Card,
        Self::Address,
        Self::Proposed,
        Self::Running,
        Self::Failed,
        Self::Niks,
        Self::Area,
        Self::Aid,
        Self::Age,
        Self::Woman,
        Self::Head,
        Self::Alive,
        Self::Here,
        Self::Nik,
        Self::Turnover,
        Self::Years,
        Self::Sector,
        Self::Nib,
        Self::Grants,
        Self::Site,
        Self::OwnerKnown,
        Self::OwnerAge,
        Self::OwnerWoman,
        Self::OwnerAlive,
        Self::OwnerHere,
    ];

    const fn about(self) -> &'static About {
        &TABLE[self as usize]
    }

    /// The word that rule files use.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.about().key
    }

    /// The column of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == word)
    }

    /// Whether it can be told of such a subject; of a person many are those of the family, of
    /// a business all of the family's are those of its owner's.
    #[must_use]
    pub const fn is_of(self, subject: Subject) -> bool {
        matches!(
            (self.about().of, subject),
            (Of::Each, _)
                | (Of::Families, Subject::Family | Subject::Business)
                | (Of::Persons, Subject::Person)
                | (Of::Businesses, Subject::Business)
        )
    }

    /// What it holds.
    #[must_use]
    pub const fn holds(self) -> Type {
        self.about().holds
    }

    /// The least and the most that a number of it can be; none where it is no number.
    #[must_use]
    pub const fn range(self) -> Option<(i32, i32)> {
        let about = self.about();
        match about.holds {
            Type::Number { .. } => Some(about.range),
            _ => None,
        }
    }

    /// Which class of data it is.
    #[must_use]
    pub const fn class(self) -> Class {
        self.about().class
    }

    /// What it is, in Indonesian.
    #[must_use]
    pub const fn indonesian(self) -> &'static str {
        self.about().indonesian
    }

    /// What it is, in English.
    #[must_use]
    pub const fn english(self) -> &'static str {
        self.about().english
    }
}

const fn flag(key: &'static str, of: Of) -> About {
    About {
        key,
        of,
        holds: Type::Flag,
        range: (0, 0),
        class: Class::General,
        indonesian: "",
        english: "",
    }
}

const fn count(key: &'static str, class: Class) -> About {
    About {
        holds: PERSONS,
        range: MEMBERS,
        class,
        ..flag(key, Of::Families)
    }
}

/// In the order of [`Column::ALL`].
static TABLE: [About; 33] = [
    About {
        holds: RANK,
        range: (1, 10),
        class: Class::Finance,
        indonesian: "Desil kesejahteraan keluarga menurut DTSEN",
        english: "Decile of the family's welfare by DTSEN",
        ..flag("desil", Of::Each)
    },
    About {
        of: Of::Each,
        indonesian: "Anggota keluarga yang hidup dan tinggal di sini",
        english: "Members of the family who live, and live here",
        ..count("anggota", Class::General)
    },
    About {
        indonesian: "Anggota berumur 0 sampai 4 tahun yang tinggal di sini",
        english: "Members of 0 to 4 years who live here",
        ..count("balita", Class::Child)
    },
    About {
        indonesian: "Anggota berumur 0 sampai 17 tahun yang tinggal di sini",
        english: "Members of 0 to 17 years who live here",
        ..count("anak", Class::Child)
    },
    About {
        indonesian: "Anggota berumur 7 sampai 18 tahun yang tinggal di sini",
        english: "Members of 7 to 18 years who live here",
        ..count("usia_sekolah", Class::Child)
    },
    About {
        indonesian: "Anggota berumur 60 tahun ke atas yang tinggal di sini",
        english: "Members of 60 years and more who live here",
        ..count("lansia", Class::General)
    },
    About {
        indonesian: "Kepala keluarga hidup dan tinggal di sini",
        english: "A head of the family lives, and lives here",
        ..flag("kepala_hidup", Of::Families)
    },
    About {
        indonesian: "Kepala keluarga yang tinggal di sini perempuan",
        english: "A head of the family who lives here is a woman",
        ..flag("kepala_perempuan", Of::Families)
    },
    About {
        indonesian: "Ada nomor kartu keluarga yang sah bentuknya",
        english: "There is a sound number of a family card",
        ..flag("kk_ada", Of::Each)
    },
    About {
        indonesian: "Ada alamat",
        english: "There is an address",
        ..flag("alamat_ada", Of::Each)
    },
    About {
        indonesian: "Diusulkan desa atau kelurahan",
        english: "A village proposes the family",
        ..flag("usulan_desa", Of::Each)
    },
    About {
        class: Class::Finance,
        indonesian: "Ada dalam daftar penerima yang berjalan",
        english: "The family is on the running list of recipients",
        ..flag("kpm", Of::Each)
    },
    About {
        class: Class::Finance,
        indonesian: "Ada transfer yang gagal",
        english: "A transfer to the family failed",
        ..flag("transfer_gagal", Of::Families)
    },
    About {
        indonesian: "Semua anggota yang tinggal di sini punya NIK yang sah bentuknya",
        english: "Every member who lives here has a sound NIK",
        ..flag("nik_lengkap", Of::Families)
    },
    About {
        holds: Type::Area,
        indonesian: "Wilayah tempat tinggal keluarga",
        english: "The area where the family lives",
        ..flag("wilayah", Of::Each)
    },
    About {
        holds: Type::Aid,
        class: Class::Finance,
        indonesian: "Bantuan lain yang diterima keluarga",
        english: "Other aid that the family gets",
        ..flag("bantuan", Of::Each)
    },
    About {
        holds: YEARS,
        range: (0, super::AGE_MAX),
        class: Class::Child,
        indonesian: "Umur dalam tahun yang sudah genap",
        english: "Age in completed years",
        ..flag("umur", Of::Persons)
    },
    About {
        indonesian: "Perempuan",
        english: "A woman",
        ..flag("perempuan", Of::Persons)
    },
    About {
        indonesian: "Kepala keluarga",
        english: "The head of the family",
        ..flag("kepala", Of::Persons)
    },
    About {
        indonesian: "Hidup: tidak ada daftar yang menyebutnya meninggal",
        english: "Alive: no list says that they died",
        ..flag("hidup", Of::Persons)
    },
    About {
        indonesian: "Tinggal di sini: tidak ada daftar yang menyebutnya pindah ke luar",
        english: "Here: no list says that they moved out",
        ..flag("di_sini", Of::Persons)
    },
    About {
        indonesian: "Ada NIK yang sah bentuknya",
        english: "There is a sound NIK",
        ..flag("nik_ada", Of::Persons)
    },
    About {
        holds: RUPIAH,
        range: (0, super::TURNOVER_MAX),
        class: Class::Finance,
        indonesian: "Omzet usaha sebulan",
        english: "What the business takes in a month",
        ..flag("omzet", Of::Businesses)
    },
    About {
        holds: YEARS,
        range: (0, super::AGE_MAX),
        indonesian: "Lama usaha berjalan",
        english: "How long the business has run",
        ..flag("lama_usaha", Of::Businesses)
    },
    About {
        holds: RANK,
        range: (1, 99),
        indonesian: "Golongan pokok KBLI usaha",
        english: "The division of the business by KBLI",
        ..flag("kbli", Of::Businesses)
    },
    About {
        indonesian: "Ada NIB yang sah bentuknya",
        english: "There is a sound business number (NIB)",
        ..flag("nib_ada", Of::Businesses)
    },
    About {
        holds: Type::Aid,
        class: Class::Finance,
        indonesian: "Bantuan yang sudah diterima usaha",
        english: "Aid that the business has had",
        ..flag("bantuan_usaha", Of::Businesses)
    },
    About {
        holds: Type::Area,
        indonesian: "Wilayah tempat usaha",
        english: "The area where the business is",
        ..flag("wilayah_usaha", Of::Businesses)
    },
    About {
        indonesian: "Pemilik usaha dikenal di daftar lain",
        english: "Another list knows the owner of the business",
        ..flag("pemilik_dikenal", Of::Businesses)
    },
    About {
        holds: YEARS,
        range: (0, super::AGE_MAX),
        class: Class::Child,
        indonesian: "Umur pemilik usaha dalam tahun yang sudah genap",
        english: "Age of the owner in completed years",
        ..flag("pemilik_umur", Of::Businesses)
    },
    About {
        indonesian: "Pemilik usaha perempuan",
        english: "The owner of the business is a woman",
        ..flag("pemilik_perempuan", Of::Businesses)
    },
    About {
        indonesian: "Pemilik usaha hidup: tidak ada daftar yang menyebutnya meninggal",
        english: "The owner is alive: no list says that they died",
        ..flag("pemilik_hidup", Of::Businesses)
    },
    About {
        indonesian: "Pemilik usaha tinggal di sini: tidak ada daftar yang menyebutnya pindah ke luar",
        english: "The owner is here: no list says that they moved out",
        ..flag("pemilik_di_sini", Of::Businesses)
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_columns() {
        let keys: Vec<&str> = Column::ALL.iter().map(|it| it.key()).collect();
        assert_eq!(
            keys,
            [
                "desil",
                "anggota",
                "balita",
                "anak",
                "usia_sekolah",
                "lansia",
                "kepala_hidup",
                "kepala_perempuan",
                "kk_ada",
                "alamat_ada",
                "usulan_desa",
                "kpm",
                "transfer_gagal",
                "nik_lengkap",
                "wilayah",
                "bantuan",
                "umur",
                "perempuan",
                "kepala",
                "hidup",
                "di_sini",
                "nik_ada",
                "omzet",
                "lama_usaha",
                "kbli",
                "nib_ada",
                "bantuan_usaha",
                "wilayah_usaha",
                "pemilik_dikenal",
                "pemilik_umur",
                "pemilik_perempuan",
                "pemilik_hidup",
                "pemilik_di_sini",
            ]
        );
        for (at, column) in Column::ALL.into_iter().enumerate() {
            assert_eq!(column as usize, at);
            assert_eq!(Column::parse(column.key()), Some(column));
            assert!(!column.indonesian().is_empty() && !column.english().is_empty());
            assert!(Subject::ALL.into_iter().any(|it| column.is_of(it)));
            let is_number = matches!(column.holds(), Type::Number { .. });
            assert_eq!(column.range().is_some(), is_number);
        }
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
        assert_eq!(Column::parse("Desil"), None);
    }

    #[test]
    fn each_subject_has_its_columns() {
        let of = |subject| Column::ALL.into_iter().filter(move |it| it.is_of(subject));
        assert_eq!(of(Subject::Family).count(), 16);
        // All of a family's are asked of whoever owns a business, and eleven of its own.
        assert_eq!(of(Subject::Business).count(), 16 + 11);
        assert!(of(Subject::Family).all(|it| it.is_of(Subject::Business)));
        let persons: Vec<&str> = of(Subject::Person).map(Column::key).collect();
        assert_eq!(
            persons,
            [
                "desil",
                "anggota",
                "kk_ada",
                "alamat_ada",
                "usulan_desa",
                "kpm",
                "wilayah",
                "bantuan",
                "umur",
                "perempuan",
                "kepala",
                "hidup",
                "di_sini",
                "nik_ada",
            ]
        );
    }
}
