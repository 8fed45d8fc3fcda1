//! The octets by which a page measures its line.

use super::*;

async fn measured(db: Db) {
    let (house, admin) = House::new(db).await;
    let asked = async |octets: &str| {
        let path = format!("/api/v1/line?octets={octets}");
        house.call(&admin, "GET", &path, None).await
    };
    let none = asked("0").await.is(200);
    assert_eq!(none.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(asked("524289").await.is(422).field(), "octets");
    assert_eq!(asked("-1").await.is(422).slug(), "query");
    let stranger = "/api/v1/line?octets=1";
    house.call("", "GET", stranger, None).await.is(401);
}

on_both! {
    a_page_is_given_few_octets_to_measure_its_line_by: measured;
}
