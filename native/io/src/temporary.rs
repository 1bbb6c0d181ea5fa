//! Temporary files that become outputs, and the list of them, so that none is left when the process is killed.

use std::fs::{self, File, Permissions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

/// Temporary files under way in this process.
static UNDER_WAY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A temporary file; dropped without [`Temporary::persist`] it is deleted.
pub(crate) struct Temporary(Option<TempPath>);

impl Temporary {
    /// In the same directory as `target`, because a rename works within one file system only.
    pub(crate) fn beside(target: &Path, existing: Option<Permissions>) -> io::Result<(File, Self)> {
        // Held while the file is made: there is no moment at which it exists and is not listed.
        let mut list = under_way();
        let (file, path) = create(target, existing)?.into_parts();
        list.push(path.to_path_buf());
        Ok((file, Self(Some(path))))
    }

    /// Gives the file its name.
    pub(crate) fn persist(mut self, target: &Path) -> io::Result<()> {
        let Some(path) = self.0.take() else { return Ok(()) };
        let before = path.to_path_buf();
        // On an error the file is deleted here, before it leaves the list.
        let done = path.persist(target).map_err(|error| error.error);
        forget(&before);
        done
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let before = path.to_path_buf();
            drop(path);
            forget(&before);
        }
    }
}

/// Deletes every temporary file of this process. For a host that is about to end it without unwinding, on a signal:
/// outputs that are under way fail from then on. It waits 20 ms at most and reports nothing.
pub fn remove_temporary_files() {
    const TRIES: usize = 20;
    const PAUSE: Duration = Duration::from_millis(1);
    for _ in 0..TRIES {
        let list = match UNDER_WAY.try_lock() {
            Ok(list) => list,
            Err(TryLockError::Poisoned(list)) => list.into_inner(),
            Err(TryLockError::WouldBlock) => {
                thread::sleep(PAUSE);
                continue;
            }
        };
        // Nobody is left to be told of a file that stays.
        list.iter().for_each(|path| drop(fs::remove_file(path)));
        return;
    }
}

// A list of paths is whole after every push, so a panic elsewhere cannot have broken it.
fn under_way() -> MutexGuard<'static, Vec<PathBuf>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(path: &Path) {
    under_way().retain(|each| each != path);
}

fn create(target: &Path, existing: Option<Permissions>) -> io::Result<NamedTempFile> {
    // Absolute, because the process may be in another directory when the file is deleted.
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = std::path::absolute(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kmeans-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What a new file gets; the umask is taken off on creation.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder).map_err(bare)?;
    if let Some(permissions) = existing {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

/// The error without the temporary file's path, which means nothing to anybody.
fn bare(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ (io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::StorageFull) => kind.into(),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_listed_while_it_is_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let listed = || under_way().iter().any(|path| path.starts_with(folder.path()));
        let target = folder.path().join("x");
        let (_, temporary) = Temporary::beside(&target, None).unwrap();
        assert!(listed());
        temporary.persist(&target).unwrap();
        assert!(!listed() && target.exists());
        let (_, temporary) = Temporary::beside(&target, None).unwrap();
        drop(temporary);
        assert!(!listed());
    }

    #[test]
    fn a_lock_that_is_never_given_back_is_not_waited_for() {
        let _list = under_way();
        remove_temporary_files();
    }
}
