//! What open pages are told of sites: that one changed, whether its box is connected,
//! and when it was heard last.

use base::id::{Id, Site};
use serde_json::json;
use store::{Conn, Error};

use crate::Hall;
use crate::guard::Permission;
use crate::live::Event;
use crate::sql::{link as rows, site as sites};

/// Tells whoever may read a site how it is now.
pub(super) async fn tell(hall: &Hall, conn: &mut Conn, site: Id<Site>) -> Result<(), Error> {
    let Some(row) = sites::by_id(conn, site).await? else {
        return Ok(());
    };
    let heard = rows::heard(conn, Some(site)).await?;
    let data = json!({
        "id": site, "state": row.state, "connected": hall.sites().has(site),
        "heard_us": heard.get(&site),
    });
    hall.live().publish(Event {
        topic: "site",
        permission: Permission::SitesRead,
        place: row.place(),
        data,
    });
    Ok(())
}

/// The same where nobody can be told that it failed: pages ask again by themselves.
pub(super) async fn tell_now(hall: &Hall, site: Id<Site>) {
    // The pages' own lines end with the house.
    if hall.tasks().soft().is_cancelled() {
        return;
    }
    let told = async {
        let mut read = hall.db().read().await?;
        tell(hall, &mut read, site).await
    };
    if let Err(error) = told.await {
        tracing::error!(%error, "pages could not be told of a site");
    }
}
