//! Tells open pages how cameras are, when that changes.

use hall::guard::Permission;
use hall::live::Event;

use crate::http::view::StatesView;
use crate::room::Room;

/// Follows the states until the house closes.
pub(crate) async fn tell(room: Room) {
    let hall = &room.inner.hall;
    let hub = &room.inner.hub;
    let stop = hall.tasks().soft().clone();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = hub.states_changed() => {}
        }
        for (camera, place) in hub.take_changed() {
            let Some(StatesView { state, streams }) = StatesView::of(camera, hub) else {
                continue;
            };
            hall.live().publish(Event {
                topic: "camera",
                permission: Permission::CamerasRead,
                place,
                data: serde_json::json!({ "id": camera, "state": state, "streams": streams }),
            });
        }
    }
}
