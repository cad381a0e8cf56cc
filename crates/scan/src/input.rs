//! Which files make one artifact.
//!
//! A file is an artifact. A folder is searched for files that may be one; a folder of split APKs
//! (its base and splits side by side, as the package manager keeps them) is one artifact. What
//! a file really is, its content says: see [`crate::open`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names of files that a folder is searched for.
const EXTENSIONS: [&str; 8] = ["apk", "apks", "xapk", "apkm", "aab", "aar", "jar", "apex"];
/// Folders within folders that are searched.
const DEPTH_MAX: usize = 16;
/// Files taken from folders in one run.
pub(crate) const FILES_MAX: usize = 100_000;

/// One artifact to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// As reports name it: the last part of the path.
    pub name: String,
    /// One file, or the files of a split set.
    pub files: Vec<PathBuf>,
    /// The files come from a folder of splits.
    pub is_set: bool,
}

/// A path that gives no input.
#[derive(Debug)]
pub struct NoInput {
    pub path: PathBuf,
    pub reason: Reason,
}

/// Why a path gives no input.
#[derive(Debug)]
pub enum Reason {
    /// It does not exist or cannot be read.
    Unreadable(io::Error),
    /// A folder without any file of a known name.
    EmptyFolder,
}

impl Input {
    fn file(path: &Path) -> Self {
        Self { name: name_of(path), files: vec![path.to_owned()], is_set: false }
    }
}

/// The artifacts that the paths name, in order.
pub fn discover(paths: &[PathBuf]) -> (Vec<Input>, Vec<NoInput>) {
    let mut inputs = Vec::new();
    let mut missing = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Err(error) => {
                missing.push(NoInput { path: path.clone(), reason: Reason::Unreadable(error) });
            }
            Ok(found) if found.is_dir() => {
                let before = inputs.len();
                let mut unreadable = search(path, 0, &mut inputs);
                if inputs.len() == before && unreadable.is_empty() {
                    missing.push(NoInput { path: path.clone(), reason: Reason::EmptyFolder });
                }
                missing.append(&mut unreadable);
            }
            Ok(_) => inputs.push(Input::file(path)),
        }
    }
    (inputs, missing)
}

fn search(folder: &Path, depth: usize, inputs: &mut Vec<Input>) -> Vec<NoInput> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            return vec![NoInput { path: folder.to_owned(), reason: Reason::Unreadable(error) }];
        }
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.into_iter().partition(|path| path.is_dir());
    let files: Vec<PathBuf> = files.into_iter().filter(|path| has_known_name(path)).collect();
    if is_split_set(&files) {
        let name = name_of(folder);
        inputs.push(Input { name, files, is_set: true });
    } else {
        let room = FILES_MAX.saturating_sub(inputs.len());
        inputs.extend(files.iter().take(room).map(|path| Input::file(path)));
    }
    let mut missing = Vec::new();
    if depth < DEPTH_MAX {
        for inner in folders {
            missing.append(&mut search(&inner, depth + 1, inputs));
        }
    }
    missing
}

/// A base and its splits side by side, and nothing else.
fn is_split_set(files: &[PathBuf]) -> bool {
    let names: Vec<String> = files.iter().map(|path| name_of(path)).collect();
    let is_split = |name: &str| {
        name.ends_with(".apk")
            && (name.starts_with("split_")
                || name.starts_with("config.")
                || name.starts_with("base-")
                || name.contains(".config."))
    };
    let splits = names.iter().filter(|name| is_split(name)).count();
    splits > 0 && names.iter().all(|name| name.ends_with(".apk")) && names.len() - splits <= 1
}

fn has_known_name(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| {
        EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().or_else(|| path.components().next_back().map(|c| c.as_os_str()));
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_splits_are_one_artifact() {
        for (names, expected) in [
            (&["base.apk", "split_config.arm64_v8a.apk"][..], true),
            (&["base-master.apk", "base-zh.apk"], true),
            (&["com.a.apk", "config.xxhdpi.apk"], true),
            (&["a.apk", "b.apk"], false),
            (&["base.apk"], false),
            (&["base.apk", "split_config.zh.apk", "other.apk"], false),
            (&["split_config.zh.apk", "lib.aar"], false),
            (&[], false),
        ] {
            let files: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            assert_eq!(is_split_set(&files), expected, "{names:?}");
        }
    }

    #[test]
    fn paths_that_give_nothing_say_why() {
        let folder = std::env::temp_dir().join(format!("menshen-input-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).unwrap();
        let (inputs, missing) = discover(&[folder.clone(), folder.join("absent.apk")]);
        assert!(inputs.is_empty());
        assert!(matches!(missing[0].reason, Reason::EmptyFolder));
        assert!(matches!(missing[1].reason, Reason::Unreadable(_)));
        fs::write(folder.join("inner/a.apk"), b"").unwrap();
        fs::write(folder.join("notes.txt"), b"").unwrap();
        let (inputs, missing) = discover(std::slice::from_ref(&folder));
        assert_eq!(inputs.len(), 1);
        assert_eq!(inputs[0].name, "a.apk");
        assert!(missing.is_empty());
        fs::remove_dir_all(&folder).unwrap();
    }
}
