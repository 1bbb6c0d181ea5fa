//! Temporary files that become outputs, and the list of them, so that none is left when the process is killed.
//!
//! Where the system has files without a name, an output is one until it is whole. It then gets its name at once if no file
//! has that; a file that is there already can only be replaced by a rename, so the new one is called `.kmeans-…` for the
//! moment between the two calls, whole. Elsewhere it has such a name from the start, and a kill that nobody can
//! catch leaves it.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

#[cfg(target_os = "linux")]
mod unnamed;

#[cfg(not(target_os = "linux"))]
mod unnamed {
    //! No other system has a file that gets its name later.

    pub(super) fn create(_: &std::path::Path) -> Option<std::fs::File> {
        None
    }

    pub(super) fn link(_: &std::fs::File, _: &std::path::Path) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

const PREFIX: &str = ".kmeans-";

/// Temporary files under way in this process.
static UNDER_WAY: Mutex<List> = Mutex::new(List { named: Vec::new(), unnamed: Vec::new(), next: 0 });

struct List {
    named: Vec<PathBuf>,
    /// By number: those that may still get their name.
    unnamed: Vec<u64>,
    next: u64,
}

/// A temporary file; dropped without [`Temporary::persist`] it is deleted.
pub(crate) struct Temporary(Kind);

enum Kind {
    Unnamed { file: File, number: u64 },
    Named(TempPath),
    Gone,
}

impl Temporary {
    /// In the same directory as `target`, because a name or a new one is given within one file system only.
    pub(crate) fn beside(target: &Path, existing: Option<Permissions>) -> io::Result<(File, Self)> {
        let folder = folder(target)?;
        if let Some(file) = unnamed::create(&folder) {
            if let Some(permissions) = existing {
                file.set_permissions(permissions)?;
            }
            let own = file.try_clone()?;
            let mut list = under_way();
            let number = list.next;
            list.next += 1;
            list.unnamed.push(number);
            return Ok((file, Self(Kind::Unnamed { file: own, number })));
        }
        // Held while the file is made: there is no moment at which it exists and is not listed.
        let mut list = under_way();
        let (file, path) = create(&folder, existing)?.into_parts();
        list.named.push(path.to_path_buf());
        Ok((file, Self(Kind::Named(path))))
    }

    /// Gives the file its name.
    pub(crate) fn persist(mut self, target: &Path) -> io::Result<()> {
        match std::mem::replace(&mut self.0, Kind::Gone) {
            Kind::Unnamed { file, number } => {
                let mut list = under_way();
                let Some(place) = list.unnamed.iter().position(|each| *each == number) else {
                    return Err(io::Error::other("the process was about to end"));
                };
                list.unnamed.swap_remove(place);
                match unnamed::link(&file, target) {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        let path = named(file, target, &error)?;
                        list.named.push(path.to_path_buf());
                        drop(list);
                        rename(path, target)
                    }
                }
            }
            Kind::Named(path) => rename(path, target),
            Kind::Gone => Ok(()),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.0, Kind::Gone) {
            Kind::Unnamed { number, .. } => under_way().unnamed.retain(|each| *each != number),
            Kind::Named(path) => {
                let before = path.to_path_buf();
                drop(path);
                forget(&before);
            }
            Kind::Gone => {}
        }
    }
}

/// Gives a whole file that has no name one to be renamed from, since its own, for this reason, cannot be had at once.
fn named(mut file: File, target: &Path, reason: &io::Error) -> io::Result<TempPath> {
    let folder = folder(target)?;
    if reason.kind() == io::ErrorKind::AlreadyExists {
        let made =
            tempfile::Builder::new().prefix(PREFIX).make_in(&folder, |path| unnamed::link(&file, path));
        if let Ok(made) = made {
            return Ok(made.into_temp_path());
        }
    }
    // A policy (AppArmor and SELinux have such rules) may let files be made and forbid links; the work is not lost for it.
    let permissions = file.metadata()?.permissions();
    let (mut copy, path) = create(&folder, Some(permissions))?.into_parts();
    file.rewind()?;
    io::copy(&mut file, &mut copy)?;
    Ok(path)
}

fn rename(path: TempPath, target: &Path) -> io::Result<()> {
    let before = path.to_path_buf();
    // On an error the file is deleted here, before it leaves the list.
    let done = path.persist(target).map_err(|error| error.error);
    forget(&before);
    done
}

/// Deletes every temporary file of this process. For a host that is about to end it without unwinding, on a signal:
/// outputs that are under way fail from then on. It waits 20 ms at most and reports nothing.
pub fn remove_temporary_files() {
    const TRIES: usize = 20;
    const PAUSE: Duration = Duration::from_millis(1);
    for _ in 0..TRIES {
        let mut list = match UNDER_WAY.try_lock() {
            Ok(list) => list,
            Err(TryLockError::Poisoned(list)) => list.into_inner(),
            Err(TryLockError::WouldBlock) => {
                thread::sleep(PAUSE);
                continue;
            }
        };
        list.unnamed.clear();
        // Nobody is left to be told of a file that stays.
        list.named.iter().for_each(|path| drop(fs::remove_file(path)));
        return;
    }
}

// A list is whole after every change, so a panic elsewhere cannot have broken it.
fn under_way() -> MutexGuard<'static, List> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn forget(path: &Path) {
    under_way().named.retain(|each| each != path);
}

/// The folder of a file. Absolute, because the process may be in another directory when the file is deleted.
fn folder(target: &Path) -> io::Result<PathBuf> {
    std::path::absolute(match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    })
}

fn create(folder: &Path, existing: Option<Permissions>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
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

    /// Returns what the folder of a temporary file holds, and how many files are listed.
    fn seen(folder: &Path) -> (usize, usize) {
        let list = under_way();
        let named = list.named.iter().filter(|path| path.starts_with(folder)).count();
        (fs::read_dir(folder).unwrap().count(), named)
    }

    /// A file with a name, as on a system that has no others.
    fn named_beside(target: &Path) -> Temporary {
        let mut list = under_way();
        let (_, path) = create(&folder(target).unwrap(), None).unwrap().into_parts();
        list.named.push(path.to_path_buf());
        Temporary(Kind::Named(path))
    }

    #[test]
    fn a_file_with_a_name_is_listed_while_it_is_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("x");
        let temporary = named_beside(&target);
        assert_eq!(seen(folder.path()), (1, 1));
        temporary.persist(&target).unwrap();
        assert!(target.exists());
        assert_eq!(seen(folder.path()), (1, 0));
        drop(named_beside(&target));
        assert_eq!(seen(folder.path()), (1, 0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_name_leaves_nothing_and_replaces_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        // Where the temporary folder has no such files, there is nothing to be seen.
        if unnamed::create(folder.path()).is_none() {
            return;
        }
        let target = folder.path().join("x");
        drop(Temporary::beside(&target, None).unwrap());
        for text in ["first", "second"] {
            let (mut file, temporary) = Temporary::beside(&target, None).unwrap();
            io::Write::write_all(&mut file, text.as_bytes()).unwrap();
            assert_eq!(seen(folder.path()), (usize::from(text == "second"), 0));
            temporary.persist(&target).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
            assert_eq!(seen(folder.path()), (1, 0));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_name_is_given_one_and_not_copied() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let Some(file) = unnamed::create(folder.path()) else { return };
        let (target, number) = (folder.path().join("x"), file.metadata().unwrap().ino());
        unnamed::link(&file, &target).unwrap();
        let taken = unnamed::link(&file, &target).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        let path = named(file, &target, &taken).unwrap();
        for path in [&target, &path.to_path_buf()] {
            assert_eq!(fs::metadata(path).unwrap().ino(), number);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_linked_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let Some(mut file) = unnamed::create(folder.path()) else { return };
        io::Write::write_all(&mut file, b"text").unwrap();
        let target = folder.path().join("x");
        let path = named(file, &target, &io::ErrorKind::PermissionDenied.into()).unwrap();
        rename(path, &target).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "text");
        assert_eq!(seen(folder.path()), (1, 0));
    }

    #[test]
    fn a_lock_that_is_never_given_back_is_not_waited_for() {
        let _list = under_way();
        remove_temporary_files();
    }
}
