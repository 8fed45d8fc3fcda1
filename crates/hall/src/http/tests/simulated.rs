//! Made-up sites: only in a house that says so, and by a hand that has no way in.

use std::time::Duration;

use base::now::Wall;
use sync::record::{Kind, Quality};

use super::*;
use crate::house;
use crate::link::arrived;
use crate::simulated::{Said, Spot, Station, hand};

fn spot() -> Spot {
    Spot {
        name: "Kantor (simulasi)".to_owned(),
        area: "62.01.01".parse().expect("a code"),
        point: None,
        provider: None,
    }
}

fn said(at: Wall) -> Said {
    Said {
        at,
        boot: ([7; 16], at - Duration::from_secs(60)),
        quality: Quality::Synced,
        kind: Kind(64),
        body: vec![1, 2, 3],
        held: at,
        by_line: true,
    }
}

async fn only_where_it_is_said(db: Db) {
    let (house, admin) = House::new(db).await;
    let now = house.hall.now();
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let refused = Station::put(&house.hall, &mut tx, spot(), now.wall).await;
    assert!(matches!(refused, Err(store::Error::Refused(_))));
    let refused = hand(&house.hall, &mut tx).await;
    assert!(matches!(refused, Err(store::Error::Refused(_))));
    drop(tx);
    let sites = house
        .call(&admin, "GET", "/api/v1/sites", None)
        .await
        .is(200)
        .json();
    assert_eq!(sites["items"], json!([]));

    let mut tx = house.hall.db().write().await.expect("a transaction");
    house::mark_simulated(&mut tx, now).await.expect("a mark");
    let station = Station::put(&house.hall, &mut tx, spot(), now.wall).await;
    let mut station = station.expect("a site");
    let both = vec![said(now.wall), said(now.wall)];
    station.says(&mut tx, both).await.expect("two records");
    let first = hand(&house.hall, &mut tx).await.expect("a hand");
    let again = hand(&house.hall, &mut tx).await.expect("the same");
    assert_eq!(first.person(), again.person());
    tx.commit().await.expect("a commit");
    // It goes on where it was, whoever looks it up.
    let mut tx = house.hall.db().write().await.expect("a transaction");
    let found = Station::find(&mut tx, station.site)
        .await
        .expect("an answer");
    let mut found = found.expect("the box");
    assert_eq!(found, station);
    found
        .says(&mut tx, vec![said(now.wall)])
        .await
        .expect("a third");
    tx.commit().await.expect("a commit");
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let held = arrived::after(&mut read, 0, 10).await.expect("records");
    assert_eq!(held.len(), 3);
    drop(read);
    // Whoever is shut out says nothing more.
    let path = format!("/api/v1/sites/{}/steps", station.site);
    let step = Some(json!({ "step": "suspended", "why": "uji" }));
    house.call(&admin, "POST", &path, step).await.is(200);
    let mut read = house.hall.db().read().await.expect("a snapshot");
    let found = Station::find(&mut read, station.site).await;
    assert_eq!(found.expect("an answer"), None);
    drop(read);
    // The hand has no way in and no grant.
    let staff = house
        .call(&admin, "GET", "/api/v1/staff?q=simulasi", None)
        .await
        .is(200)
        .json();
    let one = &staff["items"][0];
    assert_eq!(
        (&one["username"], &one["active"], &one["grants"]),
        (&Json::Null, &json!(false), &json!([]))
    );
}

on_both! {
    made_up_things_are_put_only_where_it_is_said: only_where_it_is_said;
}
