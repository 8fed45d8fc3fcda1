//! The socket in the data folder, for whoever owns the machine.
//!
//! The file's mode lets its owner in and nobody else, and so does every
//! connection: the other end has to be a process of that owner, or of root. What
//! may be done through it stands in [`hall::local`].

use std::fs::{self, Permissions};
use std::future::{Ready, ready};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream as Knock};
use std::path::{Path, PathBuf};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum_server::Handle;
use axum_server::accept::Accept;
use hall::Hall;
use hall::local::Local;
use tokio::net::UnixStream;

/// Where such a socket is, as the server knows it.
pub(crate) type Address = std::os::unix::net::SocketAddr;

const ROOT: u32 = 0;

/// Where the socket of a data folder is.
pub(crate) fn path(data: &Path) -> PathBuf {
    data.join("betang.sock")
}

/// An open socket, gone from its folder when it is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

impl Drop for Socket {
    fn drop(&mut self) {
        // One that is left is taken away by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

impl Socket {
    /// Opens the socket. The house stands without one, too: a folder on a disk
    /// without sockets, or a path that is too long for one, is said and no more.
    pub(crate) fn open(data: &Path) -> Option<Self> {
        let path = path(data);
        match Self::bind(path.clone()) {
            Ok(socket) => Some(socket),
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "there is no local socket");
                None
            }
        }
    }

    fn bind(path: PathBuf) -> io::Result<Self> {
        // The database is ours by now, so one that is there is of a dead process,
        // unless the same folder serves two databases.
        if Knock::connect(&path).is_ok() {
            return Err(io::Error::from(io::ErrorKind::AddrInUse));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        // Until here the mode was the folder's and the umask's; a connection made
        // meanwhile is asked for its owner all the same.
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&path)?.uid();
        Ok(Self {
            listener,
            path,
            owner,
        })
    }
}

/// Serves the same routes, to be acted on as the local person.
pub(crate) async fn serve(socket: Socket, hall: Hall, router: Router, handle: Handle<Address>) {
    let admitted = router.layer(from_fn_with_state(Local::new(hall), Local::admit));
    let only = Only(socket.owner);
    let server = socket
        .listener
        .try_clone()
        .and_then(axum_server::from_unix)
        .map(|server| server.acceptor(only).handle(handle));
    let served = match server {
        Ok(server) => server.serve(admitted.into_make_service()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = served {
        tracing::error!(%error, "the local socket is closed");
    }
}

/// Takes connections of one user, and of root.
#[derive(Debug, Clone, Copy)]
struct Only(u32);

impl Only {
    fn lets_in(self, user: u32) -> bool {
        user == self.0 || user == ROOT
    }
}

impl<S> Accept<UnixStream, S> for Only {
    type Stream = UnixStream;
    type Service = S;
    type Future = Ready<io::Result<(UnixStream, S)>>;

    fn accept(&self, stream: UnixStream, service: S) -> Self::Future {
        ready(match stream.peer_cred() {
            Ok(peer) if self.lets_in(peer.uid()) => Ok((stream, service)),
            Ok(_) => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            Err(error) => Err(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_may_open_it() {
        let only = Only(1000);
        assert!(only.lets_in(1000) && only.lets_in(ROOT));
        assert!(!only.lets_in(1001));
        let folder = tempfile::tempdir().expect("a folder");
        let socket = Socket::open(folder.path()).expect("opened");
        let mode = fs::metadata(path(folder.path()))
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(Socket::open(folder.path()).is_none(), "somebody listens");
        drop(socket);
        assert!(!path(folder.path()).exists());
    }

    #[test]
    fn one_that_was_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        drop(UnixListener::bind(path(folder.path())).expect("bound"));
        assert!(path(folder.path()).exists(), "as a kill leaves it");
        assert!(Socket::open(folder.path()).is_some());
        let deep = folder.path().join("x".repeat(120));
        fs::create_dir(&deep).expect("made");
        assert!(Socket::open(&deep).is_none(), "longer than a socket may be");
    }
}
