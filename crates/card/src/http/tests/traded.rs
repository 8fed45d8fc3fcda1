//! Household businesses: whose they are, who decides about them, and what is left of them.

use store::params;

use super::decided::tally;
use super::*;

const RULES: &str = r#"
program = "modal"
nama = "Modal usaha uji"
subjek = "usaha"
instansi = "Dinas Koperasi"
dasar = "Peraturan contoh"
anggaran = "5.1.05.05"
barang = "bantuan modal"
satuan = "usaha"
jumlah = 1
rupiah = 2500000
berlaku_dari = 2025-01-01

[[aturan]]
id = "pemilik"
jenis = "syarat"
nama = "Pemiliknya hidup"
massal = false
jika = { kolom = "pemilik_hidup", op = "ya" }

[[aturan]]
id = "desil"
jenis = "syarat"
nama = "Desil 1 sampai 2"
dasar = "pasal 2"
jika = { kolom = "desil", op = "<=", nilai = 2 }

[[aturan]]
id = "omzet"
jenis = "syarat"
nama = "Omzet paling banyak 5 juta"
jika = { kolom = "omzet", op = "<=", nilai = 5000000 }

[[aturan]]
id = "bantuan"
jenis = "pengecualian"
nama = "Sudah menerima BPUM"
jika = { kolom = "bantuan_usaha", op = "ada", nilai = ["BPUM"] }
"#;

const TRADE: &str =
    "nik,no_kk,nama,nama_usaha,jenis_usaha,kbli,nib,omzet,lama_usaha,bantuan,kode_desa";

const NIB: &str = "9120301234567";

/// Of six businesses: whose each is as far as the list says, what it is, and where.
fn trades() -> String {
    let owner = |person: u32| {
        format!(
            "{},{},{}",
            nik(person),
            kk(person),
            NAMES[person as usize - 1]
        )
    };
    [
        TRADE.to_owned(),
        format!(
            "{},Warung Tambun,warung makan,56102,{NIB},3.000.000,4,tidak ada,{HERE}",
            owner(1)
        ),
        // Of the same owner, elsewhere.
        format!(
            "{},Kue Tambun,kue basah,10792,,900.000,1 tahun,\"bpum, kur\",{THERE}",
            owner(1)
        ),
        // What it takes is not known.
        format!("{},Kios Kameloh,eceran,47112,,,2,,{HERE}", owner(2)),
        // Of somebody of the third family, and nobody knows of whom.
        format!(",{},,Jahit Rapi,penjahitan,,,500.000,,,{HERE}", kk(3)),
        // Of whom no list knows anything, and of nobody.
        format!(
            "{},{},PANGERAN JAUH,Kios Jauh,eceran,,,500.000,3,tidak ada,{HERE}",
            nik(77),
            kk(77)
        ),
        format!(",,,Kios Pinggir Jalan,eceran,,,500.000,,,{HERE}"),
    ]
    .join("\n")
}

/// Three families of one each, in deciles 1, 2 and 1, the first on the running list.
async fn house(db: Db) -> House {
    let house = House::new(db).await;
    let rows = [(1, 1), (2, 2), (3, 1)];
    let rows = rows.map(|(it, decile)| format!("{},{decile}\n", who(it, it, HERE)));
    let dtsen = format!("{WHO},desil\n{}", rows.concat());
    house
        .bring("dtsen", &dtsen, json!({ "title": "DTSEN uji" }))
        .await;
    let kpm = format!("{WHO}\n{}\n", who(1, 1, HERE));
    house
        .bring("kpm", &kpm, json!({ "title": "KPM uji" }))
        .await;
    let source = json!({ "title": "UMKM uji", "owner": "Dinas Koperasi" });
    house.bring("usaha", &trades(), source).await;
    house.examine(json!({})).await;
    let text = json!({ "text": RULES });
    house.post("/api/v1/card/programmes", text).await.is(201);
    house
}

impl House {
    async fn family_numbered(&self, number: &str) -> Json {
        let search = json!({ "number": number });
        let found = self.post("/api/v1/card/families/search", search).await;
        found.is(200).json()["items"].clone()
    }

    async fn counted(&self, sql: &'static str) -> i64 {
        let mut read = self.hall.db().read().await.expect("a reader");
        let rows = read.all(sql, params![]).await.expect("rows");
        rows[0].get("n").expect("a number")
    }
}

/// Businesses make nobody: who owns one is found, or is not known and is told.
async fn owned(db: Db) {
    let house = house(db).await;
    let runs = house.get("/api/v1/card/runs").await.is(200).json();
    let result = &runs["items"][0]["result"];
    let told = [
        "persons",
        "families",
        "businesses",
        "owners_unknown",
        "without_card",
    ];
    assert_eq!(
        told.map(|it| result[it].as_i64()),
        [3, 3, 6, 3, 0].map(Some),
        "{result}"
    );

    // The family has one person, though two rows of businesses name its card.
    let found = house.family_numbered(NIB).await;
    let family = found[0]["id"].as_str().expect("a family").to_owned();
    assert_eq!(found[0]["kinds"], json!(["usaha"]));
    let at = format!("/api/v1/card/families/{family}");
    let view = house.get(&at).await.is(200).json();
    assert_eq!(view["members"].as_array().map(Vec::len), Some(1), "{view}");
    assert_eq!(view["area"], HERE);
    let trades = view["businesses"].as_array().expect("businesses");
    assert_eq!(trades.len(), 2);
    for trade in trades {
        assert_eq!(trade["owner"], view["members"][0]["id"]);
        assert!(
            trade["id"]
                .as_str()
                .is_some_and(|id| id.starts_with("biz_"))
        );
        let says = trade["record"]["says"].to_string();
        assert!(!says.contains(&nik(1)) && !says.contains(NIB), "{says}");
    }
    let third = house.family_numbered(&kk(3)).await;
    let third = third.as_array().expect("families");
    assert_eq!(third.len(), 1, "{third:?}");
    let path = format!(
        "/api/v1/card/families/{}",
        third[0]["id"].as_str().expect("an id")
    );
    let view = house.get(&path).await.is(200).json();
    assert_eq!(view["members"].as_array().map(Vec::len), Some(1), "{view}");
    assert_eq!(view["businesses"][0]["owner"], Json::Null, "{view}");

    // Families are judged as if there were no businesses.
    let text = json!({ "text": super::RULES });
    let tried = house
        .post("/api/v1/card/simulations", text)
        .await
        .is(200)
        .json();
    assert_eq!(tally(&tried["now"]), [3, 0, 0, 0, 0], "{tried}");
}

/// From rules to a list that was adopted, a sheet and an objection.
async fn adopted(db: Db) {
    let house = house(db).await;
    let form = json!({ "slug": "modal", "against": {} });
    let tried = house
        .post("/api/v1/card/simulations", form)
        .await
        .is(200)
        .json();
    // The first is let in, its owner's other one has had aid; of the others it is not known.
    assert_eq!(tally(&tried["now"]), [1, 0, 1, 4, 0], "{tried}");
    assert_eq!(tried["now"]["rupiah"], 2_500_000);
    let hints = tried["hints"].as_array().expect("hints");
    assert!(
        hints.contains(&json!({ "kind": "owners_unknown", "value": "3" })),
        "{tried}"
    );
    let areas = tried["by_area"].as_array().expect("areas").iter();
    let codes: Vec<_> = areas.map(|it| it["code"].as_str()).collect();
    assert!(
        codes
            .iter()
            .any(|it| it.is_some_and(|it| THERE.starts_with(it))),
        "{codes:?}"
    );

    let form = json!({ "slug": "modal" });
    let begun = house
        .post("/api/v1/card/decisions", form)
        .await
        .is(201)
        .json();
    assert_eq!(begun["baseline"], json!({ "kind": "none", "number": null }));
    house.adopt(1, 1).await;
    let at = "/api/v1/card/decisions/1";
    let rows = house
        .get(&format!("{at}/subjects?verdict=included"))
        .await
        .is(200)
        .json();
    let row = &rows["items"][0];
    let business = row["subject"].as_str().expect("an id");
    assert!(business.starts_with("biz_"), "{rows}");
    assert_eq!(row["business"], "Warung Tambun");
    assert_eq!(row["who"]["name"], "T•••• B••••");
    let one = house
        .get(&format!("{at}/subjects/{business}"))
        .await
        .is(200)
        .json();
    let tree = |rule: usize| &one["reasons"][rule]["tree"];
    assert_eq!(tree(2)["value"], "3000000 rupiah", "{one}");
    assert_eq!(tree(2)["by"][0]["title"], "UMKM uji");
    assert_eq!(tree(1)["by"][0]["title"], "DTSEN uji");
    assert_eq!(
        (&tree(3)["truth"], &tree(3)["value"]),
        (&json!("no"), &json!("tidak ada"))
    );
    let sheet = format!("{at}/subjects/{business}/sheet");
    let sheet = house
        .post(&sheet, json!({ "purpose": "uji" }))
        .await
        .is(200);
    assert!(sheet.octets.starts_with(b"%PDF"));
    let annex = json!({ "area": HERE, "purpose": "uji" });
    let annex = house
        .post(&format!("{at}/annexes"), annex)
        .await
        .is(200)
        .text();
    assert!(
        annex.contains("Warung Tambun (pemilik T•••• B••••)"),
        "{annex}"
    );
    assert!(
        !annex.contains(NAMES[0]) && !annex.contains(&nik(1)),
        "{annex}"
    );
    let sound = house
        .post(&format!("{at}/verification"), json!({}))
        .await
        .is(200)
        .json();
    assert_eq!(sound["is_sound"], true, "{sound}");

    // Its owner's family is told of it, and somebody objects for another.
    let family = row["family"].as_str().expect("an id");
    let told = house
        .get(&format!("/api/v1/card/families/{family}/decisions"))
        .await;
    let told = told.is(200).json();
    assert_eq!(told["items"][0]["subject"], business, "{told}");
    let unknown = house
        .get(&format!("{at}/subjects?verdict=unknown"))
        .await
        .is(200)
        .json();
    let other = unknown["items"].as_array().expect("rows").iter();
    let other = other
        .clone()
        .find(|it| it["business"] == "Kios Kameloh")
        .expect("a row");
    let said = json!({ "decision": 1, "subject": other["subject"], "wants": "include",
        "by": "pemilik", "ground": "omzetnya dua juta" });
    house.post("/api/v1/card/objections", said).await.is(201);
    // Numbers of a list of businesses are hidden below the province like those of families.
    let counts = house.get("/api/v1/card/indicators?decision=1").await;
    let counts = counts.is(200).json();
    assert_eq!(counts["subject"], "business");
    let regency = &counts["regencies"][0];
    assert_eq!(regency["receiving"], Json::Null, "{counts}");
    assert_eq!(regency["suppressed"], true, "{counts}");
    // What names people stands nowhere in the audit.
    let audit = house.get("/api/v1/audit?limit=500").await.is(200).text();
    for word in ["Warung Tambun", NAMES[0], NIB, "omzetnya"] {
        assert!(!audit.contains(word), "{word} is in the audit");
    }
}

/// What was decided about a business holds its owner's rows; else they go, with what finds it.
async fn erased(db: Db) {
    let house = house(db).await;
    let family = house.family_numbered(&nik(1)).await[0]["id"].clone();
    let preview = async || {
        let form = json!({ "subject": family });
        let seen = house.post("/api/v1/card/erasures/preview", form).await;
        seen.is(200).json()
    };
    // DTSEN, the running list and two businesses.
    assert_eq!(preview().await["rows"], 4);
    house
        .post("/api/v1/card/decisions", json!({ "slug": "modal" }))
        .await
        .is(201);
    house.adopt(1, 1).await;
    let held = preview().await;
    let holds = held["holds"].as_array().expect("holds").iter();
    let mut why = holds.map(|it| it["why"].as_str());
    assert!(why.any(|it| it == Some("decision")), "{held}");
    assert_eq!(
        house
            .counted("SELECT COUNT(*) AS n FROM card_business")
            .await,
        6
    );
    // The second's business was judged and he too is held; the third's family was as well.
    let third = house.family_numbered(&kk(3)).await[0]["id"].clone();
    let form = json!({ "subject": third, "decree": { "number": "1", "day": "2025-12-01" },
        "reason": "uji", "rows": 2 });
    let refused = house.post("/api/v1/card/erasures", form).await.is(409);
    assert_eq!(refused.slug(), "card-held");
}

/// Without a list that tells of it all of it goes with its owner.
async fn gone(db: Db) {
    let house = house(db).await;
    let second = house.person("kedua", "bansos", None).await;
    let family = house.family_numbered(&nik(1)).await[0]["id"].clone();
    let form = json!({ "subject": family, "decree": { "number": "1", "day": "2025-12-01" },
        "reason": "uji", "rows": 4 });
    let made = house
        .post("/api/v1/card/erasures", form)
        .await
        .is(201)
        .json();
    let path = format!("/api/v1/card/erasures/{}/confirmation", made["number"]);
    house
        .call(&second, "POST", &path, Some(json!({ "rows": 4 })))
        .await
        .is(200);
    assert_eq!(house.family_numbered(NIB).await, json!([]));
    assert_eq!(
        house
            .counted("SELECT COUNT(*) AS n FROM card_business")
            .await,
        4
    );
    let tried = json!({ "slug": "modal", "against": {} });
    let tried = house
        .post("/api/v1/card/simulations", tried)
        .await
        .is(200)
        .json();
    assert_eq!(tally(&tried["now"]), [0, 0, 0, 4, 0], "{tried}");
}

/// What a row says wrong is told, and refuses it where what makes it a row cannot be read.
async fn told(db: Db) {
    let house = House::new(db).await;
    let text = [
        TRADE,
        "6202110101750009,,SITI,Warung Siti,,5,123,tiga,4,,62.02.01.1009",
        "6202110101750009,,SITI,,,56102,,1.000.000,,,62.02.01.1009",
        ",,,Kios,,,,,lama sekali,,62.02.01.1009",
        ",,,Kios,,,,,,,62.02.01.1009",
    ]
    .join("\n");
    let (view, _) = house.read("usaha", &text).await;
    let points = view["found"]["points"].as_array().expect("points").iter();
    let of = |refuses: bool| -> Vec<String> {
        let points = points.clone().filter(|it| it["refuses"] == refuses);
        let mut said: Vec<String> = points
            .map(|it| it["said"]["id"].as_str().expect("words").to_owned())
            .collect();
        said.sort();
        said
    };
    assert_eq!(
        of(true),
        [
            "lama usaha bukan tahun genap",
            "nama usaha kosong",
            "omzet bukan rupiah bulat",
        ],
        "{view}"
    );
    let told = of(false);
    for word in [
        "KBLI bukan",
        "NIB bukan",
        "pemilik tidak disebut",
        "omzet kosong",
    ] {
        assert!(
            told.iter().any(|it| it.starts_with(word)),
            "{word}: {told:?}"
        );
    }
    assert_eq!(
        (&view["found"]["rows"], &view["found"]["refused"]),
        (&json!(4), &json!(3))
    );
}

on_both! {
    whoever_owns_a_business_is_found_or_told: owned;
    a_programme_of_businesses_goes_the_same_way: adopted;
    what_was_decided_about_a_business_holds_its_owner: erased;
    a_business_goes_with_its_owner: gone;
    what_is_wrong_with_a_business_is_told: told;
}
