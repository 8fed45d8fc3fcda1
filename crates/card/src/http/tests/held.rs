//! All that is held of somebody, and who has looked at what.

use std::time::Duration;

use store::params;

use super::asked::{ASKS, BY, CHECKED, REQUESTS, answer, ask, dossier, form, open, two};
use super::objected::{self, family};
use super::*;

async fn handed_out(db: Db) {
    let house = House::new(db).await;
    let list = objected::list(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let (subject, other) = (family(&house, 2).await, family(&house, 4).await);
    let against = objected::form(list, &subject);
    let objection = objected::object(&house, &second, against).await;
    let objection = objected::id_of(&objection.is(201).json());
    objected::open(&house, &second, &objection).await.is(200);
    for id in [&subject, &other] {
        let path = format!("/api/v1/card/families/{id}/opening");
        let form = json!({ "purpose": format!("loket {id}") });
        house.call(&second, "POST", &path, Some(form)).await.is(200);
    }
    let work = json!({ "area": HERE, "purpose": "kerja" });
    house.post("/api/v1/card/worklists", work).await.is(200);

    // Only for access, of somebody who is known to be who he says.
    let correction = ask(&house, &second, form("correction", &subject)).await;
    let correction = correction.is(201).json()["number"].clone();
    let mut unsure = form("access", &subject);
    unsure["identity"] = Json::Null;
    let unsure = ask(&house, &second, unsure).await.is(201).json()["number"].clone();
    let nobody = json!({ "kind": "access", "who": BY, "identity": CHECKED, "asks": ASKS });
    let nobody = ask(&house, &second, nobody).await.is(201).json()["number"].clone();
    for number in [&correction, &unsure, &nobody] {
        let refused = dossier(&house, &second, number, "json").await.is(409);
        assert_eq!(refused.slug(), "card-request-dossier");
    }
    let path = format!("{REQUESTS}/{unsure}/identity");
    let checked = json!({ "identity": CHECKED });
    house
        .call(&second, "PUT", &path, Some(checked))
        .await
        .is(200);

    // What a list said that counts no more is kept still, and told.
    house
        .post("/api/v1/card/lists/2/withdrawal", json!({ "why": "uji" }))
        .await
        .is(204);
    let it = dossier(&house, &second, &unsure, "json")
        .await
        .is(200)
        .json();
    assert_eq!((&it["request"], &it["subject"]), (&unsure, &json!(subject)));
    let rows = it["rows"].as_array().expect("rows");
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["title"].clone(),
                row["is_standing"].clone(),
                row["row"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("DTSEN uji"), json!(true), json!(3)),
            (json!("KPM uji"), json!(false), json!(3)),
        ]
    );
    assert_eq!(rows[0]["says"]["nik"], nik(2));
    assert_eq!(rows[0]["says"]["decile"], "5");
    assert_eq!(rows[0]["owner"], "BPS");
    let stands = &it["decisions"][0];
    assert_eq!(
        (&stands["number"], &stands["verdict"]),
        (&json!(list), &json!("excluded"))
    );
    assert_eq!(stands["receives"], false);
    let why = "Tidak menerima, diputuskan petugas untuk kelompoknya; aturan yang tidak terpenuhi: Desil 1 sampai 2.";
    assert_eq!(stands["why"], why);
    assert_eq!(it["objections"][0]["number"], 1);
    assert!(it["objections"][0]["ground"].as_str().is_some());
    assert_eq!(it["requests"].as_array().map(Vec::len), Some(2));
    let looks = it["looks"].as_array().expect("looks");
    let looks: Vec<_> = looks
        .iter()
        .map(|it| {
            (
                it["verb"].as_str().unwrap_or_default(),
                it["is_certain"] == true,
            )
        })
        .collect();
    assert_eq!(
        looks,
        [
            ("card_worklist.taken", false),
            ("card_family.opened", true),
            ("card_objection.opened", true),
        ]
    );
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    let entry = &audit["items"][0];
    assert_eq!(entry["verb"], "card_request.dossier");
    assert_eq!(
        entry["detail"],
        json!({ "number": unsure, "kind": "access", "purpose": "permintaan akses", "rows": 2 })
    );
    // The same as a file; what was handed out is a look as well.
    let file = dossier(&house, &second, &unsure, "csv")
        .await
        .is(200)
        .text();
    for part in [
        &nik(2),
        "DTSEN uji (daftar 1, baris 3)",
        why,
        "card_request.dossier",
    ] {
        assert!(file.contains(part), "{part}\n{file}");
    }
    assert!(!file.contains(&nik(4)), "{file}");
    // A person is told of with the rows that are his.
    let person = rows[0]["person"].as_str().expect("a person");
    let asked = ask(&house, &second, form("access", person)).await;
    let asked = asked.is(201).json()["number"].clone();
    let it = dossier(&house, &second, &asked, "json")
        .await
        .is(200)
        .json();
    assert_eq!(it["rows"].as_array().map(Vec::len), Some(2));
    assert_eq!(it["decisions"][0]["subject"], subject);
    // Against whom somebody else objects is not told who did.
    let stays = family(&house, 1).await;
    let mut out = objected::form(list, &stays);
    out["wants"] = "exclude".into();
    objected::object(&house, &second, out).await.is(201);
    let asked = ask(&house, &second, form("access", &stays)).await;
    let asked = asked.is(201).json()["number"].clone();
    let it = dossier(&house, &second, &asked, "json")
        .await
        .is(200)
        .json();
    let objection = &it["objections"][0];
    assert_eq!(
        (
            &objection["is_withheld"],
            &objection["objector"],
            &objection["ground"]
        ),
        (&json!(true), &Json::Null, &Json::Null)
    );
    answer(&house, &second, &asked, json!({})).await.is(200);
    let refused = dossier(&house, &second, &asked, "json").await.is(409);
    assert_eq!(refused.slug(), "card-request-dossier");
}

async fn looked(db: Db) {
    let house = House::new(db).await;
    let list = objected::list(&house).await;
    let second = house.person("kedua", "bansos", None).await;
    let auditor = house.person("pengawas", "pengawas", None).await;
    let subject = family(&house, 2).await;
    let objection = objected::object(&house, &second, objected::form(list, &subject)).await;
    let objection = objected::id_of(&objection.is(201).json());
    let open_family = format!("/api/v1/card/families/{subject}/opening");
    house
        .post(&open_family, json!({ "purpose": "loket desa" }))
        .await
        .is(200);
    house.hall.clock().turn(Duration::from_secs(60));
    objected::open(&house, &second, &objection).await.is(200);
    let made = ask(&house, &second, form("access", &subject)).await;
    open(&house, &second, &made.is(201).json()["number"])
        .await
        .is(200);
    let work = json!({ "area": HERE, "purpose": "kerja" });
    house.post("/api/v1/card/worklists", work).await.is(200);
    let looks = async |asked: &str| {
        let path = format!("/api/v1/card/looks?{asked}");
        house
            .call(&auditor, "GET", &path, None)
            .await
            .is(200)
            .json()
    };
    let verbs = |page: &Json| -> Vec<String> {
        let items = page["items"].as_array().expect("looks").iter();
        let verbs = items.filter_map(|it| it["verb"].as_str());
        verbs.map(str::to_owned).collect()
    };
    let all = looks("").await;
    assert_eq!(
        verbs(&all),
        [
            "card_worklist.taken",
            "card_request.opened",
            "card_objection.opened",
            "card_family.opened"
        ]
    );
    let oldest = &all["items"][3];
    assert_eq!(
        *oldest,
        json!({ "at_us": START.as_us(), "person": oldest["person"],
            "person_name": oldest["person_name"], "via_address": null,
            "verb": "card_family.opened", "subject": subject, "purpose": "loket desa",
            "rows": 1, "is_certain": true })
    );
    assert_eq!(all["items"][0]["subject"], HERE);
    let of = looks(&format!("subject={subject}")).await;
    assert_eq!(
        verbs(&of),
        [
            "card_request.opened",
            "card_objection.opened",
            "card_family.opened"
        ]
    );
    assert_eq!(
        verbs(&looks(&format!("subject={HERE}")).await),
        ["card_worklist.taken"]
    );
    let person = all["items"][1]["person"].as_str().expect("a person");
    let of = looks(&format!("person={person}&what=card_objection.opened")).await;
    assert_eq!(verbs(&of), ["card_objection.opened"]);
    let later = (START + Duration::from_secs(1)).as_us();
    assert_eq!(
        verbs(&looks(&format!("to_us={later}")).await),
        ["card_family.opened"]
    );
    assert_eq!(verbs(&looks(&format!("from_us={later}")).await).len(), 3);
    let page = looks("limit=3").await;
    let rest = looks(&format!(
        "limit=3&cursor={}",
        page["next"].as_str().expect("more")
    ))
    .await;
    assert_eq!(verbs(&rest), ["card_family.opened"]);
    let path = "/api/v1/card/looks?format=csv";
    let file = house.call(&auditor, "GET", path, None).await.is(200).text();
    assert!(file.contains("loket desa"), "{file}");
    let audit = house.get("/api/v1/audit?limit=1").await.is(200).json();
    assert_eq!(audit["items"][0]["verb"], "card_looks.exported");
    // What is no look is not asked for here.
    for asked in ["what=session.opened", "cursor=x", "limit=0", "person=x"] {
        house
            .get(&format!("/api/v1/card/looks?{asked}"))
            .await
            .is(422);
    }
}

/// Whoever was found to be another one since is not told that nothing is held of him.
async fn moved(db: Db) {
    let house = House::new(db).await;
    two(&house).await;
    let (own, other) = (family(&house, 1).await, family(&house, 2).await);
    let made = ask(&house, &house.admin, form("access", &own)).await;
    let number = made.is(201).json()["number"].clone();
    house.examine(json!({ "decile_max": 2 })).await;
    let id = |text: &str| {
        let id: base::id::Id<base::id::Family> = text.parse().expect("an id");
        id.as_bytes().to_vec()
    };
    let mut tx = house.hall.db().write().await.expect("a transaction");
    for statement in [
        "INSERT INTO card_member (list, number, since_run, person, family) \
         SELECT list, number, 2, person, $2 FROM card_member WHERE family = $1",
        "UPDATE card_member SET until_run = 2 WHERE family = $1 AND family <> $2",
    ] {
        let values = params![id(&own), id(&other)];
        tx.execute(statement, values).await.expect("moved");
    }
    tx.commit().await.expect("a commit");
    let refused = dossier(&house, &house.admin, &number, "json").await.is(409);
    assert_eq!(refused.slug(), "card-request-dossier");
    assert!(refused.text().contains(&other), "{}", refused.text());
    let made = ask(&house, &house.admin, form("access", &other)).await;
    let number = made.is(201).json()["number"].clone();
    let it = dossier(&house, &house.admin, &number, "json")
        .await
        .is(200)
        .json();
    assert_eq!(it["rows"].as_array().map(Vec::len), Some(3));
    let gone = ask(&house, &house.admin, form("access", &own)).await;
    assert_eq!(gone.is(404).slug(), "card-family");
}

on_both! {
    all_that_is_held_of_somebody_is_handed_out: handed_out;
    who_has_looked_at_what_is_told: looked;
    who_is_another_one_now_is_asked_for_anew: moved;
}
