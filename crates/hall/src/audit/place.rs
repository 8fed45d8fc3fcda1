//! Where a checkpoint is put: one file, whole or not at all.

use std::fs;
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Puts a file in the place of another, or of none. Its folder has to be there: a share
/// that is not mounted is not written beside.
pub(super) fn put(path: &Path, octets: &[u8], mode: u32) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)?;
    file.write_all(octets)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&beside, path)?;
    // The new name is on the disk only when the folder is. Shares of other systems have
    // no such thing.
    match fs::File::open(folder)?.sync_all() {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}
