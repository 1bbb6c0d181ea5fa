//! Files without a name (`O_TMPFILE`, Linux 3.11): whatever ends their process, the kill that nobody can catch too, nothing is
//! left of them. Not every file system has them (NFS has none), and then [`create`] says so.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};

/// Mode of a new file; the umask is taken off on creation.
const MODE: Mode = Mode::from_raw_mode(0o666);

/// Makes a file in a folder; `None` where there cannot be one, or where it could not be given a name later.
pub(super) fn create(folder: &Path) -> Option<File> {
    let file = File::from(open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, MODE).ok()?);
    // A container may come without /proc, and the other way to name such a file, AT_EMPTY_PATH, is for root alone.
    let named = fs::metadata(descriptor(&file)).ok()?;
    let own = file.metadata().ok()?;
    ((named.dev(), named.ino()) == (own.dev(), own.ino())).then_some(file)
}

/// Gives the file a name that no file has.
pub(super) fn link(file: &File, target: &Path) -> io::Result<()> {
    linkat(CWD, descriptor(file), CWD, target, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from)
}

fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}
