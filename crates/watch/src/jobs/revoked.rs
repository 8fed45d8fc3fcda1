//! Lets viewers go whose login was revoked or whose rights changed.

use tokio::sync::broadcast::error::RecvError;

use crate::looking;
use crate::room::Room;

/// Follows the revocations until the house closes.
pub(crate) async fn follow(room: Room) {
    let hall = &room.inner.hall;
    let mut revoked = hall.revoked();
    let stop = hall.tasks().soft().clone();
    loop {
        let login = tokio::select! {
            () = stop.cancelled() => return,
            revoked = revoked.recv() => match revoked {
                Ok(revoked) => Some(revoked.login),
                // Some were missed: whose, nobody knows, so all are let go and
                // those who may come back at once.
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            },
        };
        let looks = room.inner.looking.leave(login);
        for look in looks {
            looking::end(&room, &look, "revoked").await;
        }
        let done = match login {
            Some(login) => room.inner.engine.leave_login(login).await,
            None => room.inner.engine.leave_all().await,
        };
        if done.is_err() {
            return;
        }
    }
}
